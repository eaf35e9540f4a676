// Row 4: odd responses, and bytes on idle pooled connections. Each answer names its request; none may reach another one.
import { createServer, type Socket } from 'node:net';
import { startProxy } from '../../test/support/fixture.js';
import { splitResponses, statusOf } from '../../test/support/http_message.js';
import { freePort } from '../../test/support/ports.js';
import { RawClient } from '../../test/support/raw_client.js';
import { oddResponse } from './mutate.js';
import type { Random } from './random.js';
import { inParallel, Tally, type Row } from './row.js';

const WIDTH = 8;
const POISON = 'HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\n<poison>';

export const responseQueueRow: Row = {
  number: 4,
  name: 'response side: odd responses and idle-socket injections',
  async run({ kind, random, short }) {
    const tally = new Tally();
    const port = await freePort();
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy()));
      answerOddly(socket, random);
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    const proxy = await startProxy({ kind, upstreamPort: port, listener: { hcm: { stream_idle_timeout: '0.5s' } } });
    await inParallel(short ? 500 : 20_000, WIDTH, (i) => ask(proxy.port, i, tally));
    tally.notes.push(
      'two requests on each connection; 20 % of the answers have a second one behind them that nobody asked for',
    );
    if (!proxy.peer.running) tally.losses.push(`the proxy died: ${proxy.peer.output.slice(-500)}`);
    await proxy.peer.stop();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
    return tally;
  },
};

function answerOddly(socket: Socket, random: Random): void {
  let head = '';
  socket.on('data', (piece) => {
    head += piece.toString('latin1');
    for (let end = head.indexOf('\r\n\r\n'); end >= 0; end = head.indexOf('\r\n\r\n')) {
      const id = /^GET \/(\S+) /.exec(head)?.[1] ?? 'nobody';
      head = head.slice(end + 4);
      const good = `HTTP/1.1 200 OK\r\ncontent-length: ${id.length + 2}\r\n\r\n<${id}>`;
      const answer = random.chance(40) ? good : oddResponse(random, `<${id}>`);
      socket.write(random.chance(20) ? answer + POISON : answer, 'latin1');
      if (random.chance(15)) setTimeout(() => socket.end(), random.below(6));
    }
  });
}

/** Two requests in turn on one connection: whatever id comes back must be the one that was asked for. */
async function ask(port: number, index: number, tally: Tally): Promise<void> {
  const client = await RawClient.connect(port);
  for (const turn of [1, 2]) {
    const from = client.received.length;
    const id = `${index}-${turn}-${index}`;
    client.send(`GET /${id} HTTP/1.1\r\nhost: a.example\r\n\r\n`);
    const split = () => splitResponses(client.received.slice(from), ['GET'], client.ending === 'fin');
    const final = () => split().messages.filter((message) => statusOf(message) >= 200);
    await client.until(() => client.ending !== 'open' || final().length > 0, 100);
    await client.until(() => final().length > 1, 1);
    tally.check(
      final().length <= 1 && isOwn(client.received.slice(from), id),
      () => `request ${id} was given ${JSON.stringify(client.received.slice(from, from + 400))}`,
    );
    if (client.ending !== 'open' || final().length === 0) break;
  }
  client.close();
}

/** No id but its own; a body without a length may go on into what its upstream sent behind it. */
function isOwn(text: string, id: string): boolean {
  const ids = [...text.matchAll(/<(poison|(\d+)-\d-\2)>/g)].map(([, each]) => each); // an id with odd bytes is none
  return ids.every((each, i) => each === id || (each === 'poison' && i > 0));
}
