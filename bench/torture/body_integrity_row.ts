// Row 23: random bodies both ways, by length and chunked, in random pieces with pauses: every byte arrives.
import { createHash } from 'node:crypto';
import { Agent, createServer, request, type IncomingMessage, type OutgoingMessage } from 'node:http';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { startProxy } from '../../test/support/fixture.js';
import { freePort } from '../../test/support/ports.js';
import { residentBytes } from '../../test/support/proc.js';
import { Random } from './random.js';
import { inParallel, Tally, type Row } from './row.js';

const WIDTH = 16;

interface Body {
  seed: number;
  size: number;
  chunked: boolean;
}

export const bodyIntegrityRow: Row = {
  number: 23,
  name: 'body integrity, 0 to 10 MB both ways',
  async run({ kind, random, short }) {
    const tally = new Tally();
    const port = await freePort();
    const server = createServer((incoming, response) => void echo(incoming, response));
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    const proxy = await startProxy({ kind, upstreamPort: port });
    const agent = new Agent({ keepAlive: true, maxSockets: WIDTH });
    const before = residentBytes([proxy.peer.pid]);
    let highest = before;
    const timer = setInterval(() => (highest = Math.max(highest, residentBytes([proxy.peer.pid]))), 50);
    const seeds = Array.from({ length: short ? 150 : 3000 }, () => random.below(2 ** 31));
    await inParallel(seeds.length, WIDTH, async (i) => {
      const failure = await exchange(proxy.port, agent, new Random(seeds[i])).catch(String);
      tally.check(failure === undefined, () => `seed ${seeds[i]}: ${failure}`);
    });
    clearInterval(timer);
    tally.notes.push(`resident set grew by ${((highest - before) / 1e6).toFixed(0)} MB at most`);
    agent.destroy();
    await proxy.peer.stop();
    server.closeAllConnections();
    server.close();
    return tally;
  },
};

function randomBody(random: Random): Body {
  const scale = random.pick([10, 1000, 100_000, 1_000_000, 10_000_000]);
  return { seed: random.below(2 ** 31), size: random.below(scale), chunked: random.chance(50) };
}

/** The bytes of a body are a function of its seed; both ends know the digest. */
function* pieces({ seed, size }: Body): Generator<Buffer> {
  const random = new Random(seed);
  for (let left = size; left > 0;) {
    const piece = Buffer.alloc(Math.min(left, 1 + random.below(100_000)), random.below(256));
    piece[0] = random.below(256);
    left -= piece.length;
    yield piece;
  }
}

function digest(body: Body): string {
  const hash = createHash('sha256');
  for (const piece of pieces(body)) hash.update(piece);
  return hash.digest('hex');
}

async function write(outgoing: OutgoingMessage, body: Body): Promise<void> {
  const random = new Random(body.seed + 1);
  for (const piece of pieces(body)) {
    if (!outgoing.write(piece)) await once(outgoing, 'drain');
    if (random.chance(2)) await sleep(random.below(5));
  }
  outgoing.end();
}

async function read(incoming: IncomingMessage): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of incoming) hash.update(piece as Buffer);
  return hash.digest('hex');
}

/** The upstream says what it was sent, in a header, and sends the body that the request asked for. */
async function echo(incoming: IncomingMessage, response: OutgoingMessage): Promise<void> {
  const wanted = JSON.parse(String(incoming.headers['x-wanted'])) as Body;
  response.setHeader('x-got', await read(incoming));
  if (!wanted.chunked) response.setHeader('content-length', wanted.size);
  await write(response, wanted);
}

async function exchange(port: number, agent: Agent, random: Random): Promise<string | undefined> {
  const up = randomBody(random);
  const down = randomBody(random);
  const outgoing = request({
    port,
    host: '127.0.0.1',
    agent,
    method: 'POST',
    headers: { 'x-wanted': JSON.stringify(down) },
  });
  if (!up.chunked) outgoing.setHeader('content-length', up.size);
  const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
  await Promise.race([write(outgoing, up), answered]);
  const [incoming] = await answered;
  if (incoming.statusCode !== 200) return `status ${incoming.statusCode}`;
  if ((await read(incoming)) !== digest(down)) return `the answer of ${down.size} bytes differs`;
  if (incoming.headers['x-got'] !== digest(up)) return `the request of ${up.size} bytes differs`;
  return undefined;
}
