// Row 14: SIGTERM while requests of all lengths are in flight: none is lost, and the process ends with the last of them.
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { startProxy } from '../../test/support/fixture.js';
import { freePort } from '../../test/support/ports.js';
import { RawClient } from '../../test/support/raw_client.js';
import { Tally, type Row } from './row.js';

export const drainRow: Row = {
  number: 14,
  name: 'SIGTERM with requests in flight',
  missing: ({ kind }) => (kind === 'envoy' ? 'Envoy ends at once on SIGTERM' : undefined),
  async run({ kind, random, short }) {
    const tally = new Tally();
    const longest = short ? 1500 : 10_000;
    const port = await freePort();
    const server = createServer((request, response) => {
      setTimeout(() => response.end('done'), Number(request.url?.slice(1)));
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    const proxy = await startProxy({ kind, upstreamPort: port });
    const waits = Array.from({ length: short ? 100 : 500 }, () => random.below(longest));
    const clients = await Promise.all(waits.map(() => RawClient.connect(proxy.port)));
    clients.forEach((client, i) => client.send(`GET /${waits[i]} HTTP/1.1\r\nhost: a.example\r\n\r\n`));
    await sleep(300);
    const started = performance.now();
    proxy.peer.signal('SIGTERM');
    const exit = proxy.peer.wait().then((status) => ({ status, ms: performance.now() - started }));
    await Promise.all(clients.map((client) => client.until(() => client.ending !== 'open', longest + 5000)));
    const lastAnswer = performance.now() - started;
    for (const [i, { received }] of clients.entries()) {
      const lost = () => `the request of ${waits[i]} ms got ${JSON.stringify(received)}`;
      tally.check(received.startsWith('HTTP/1.1 200 OK\r\n') && received.includes('done'), lost);
    }
    const { status, ms } = await exit;
    tally.check(status === 0, () => `exit status ${status}`);
    tally.check(ms < lastAnswer + 1000, () => `ended ${(ms - lastAnswer).toFixed(0)} ms after the last answer`);
    tally.notes.push(
      `ended ${(ms - lastAnswer).toFixed(0)} ms after the last answer, which came after ${lastAnswer.toFixed(0)} ms`,
    );
    server.closeAllConnections();
    server.close();
    return tally;
  },
};
