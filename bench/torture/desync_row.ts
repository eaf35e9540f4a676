// Row 3: odd requests through the proxy; what it forwards must be as many requests to every server as to ours. Each odd
// request is followed by a good one on the same connection, so that a wrong boundary shows.
import { setTimeout as sleep } from 'node:timers/promises';
import { startProxy } from '../../test/support/fixture.js';
import { splitRequests } from '../../test/support/http_message.js';
import { freePort } from '../../test/support/ports.js';
import { RawClient } from '../../test/support/raw_client.js';
import { TcpUpstream } from '../../test/support/tcp_upstream.js';
import { countRequests, startJudges, type Judge } from './judges.js';
import { oddRequest } from './mutate.js';
import { inParallel, Tally, type Row } from './row.js';

const BATCH = 50;
const WIDTH = 10;

export const desyncRow: Row = {
  number: 3,
  name: 'desync hunt: odd requests, boundaries judged by node:http, nginx and HAProxy',
  async run({ kind, random, short }) {
    const tally = new Tally();
    const judges = await startJudges();
    const upstream = await TcpUpstream.start(await freePort());
    const proxy = await startProxy({ kind, upstreamPort: upstream.port, listener: { hcm: { request_timeout: '1s' } } });
    const batches = short ? 10 : 400;
    for (let batch = 0; batch < batches; batch++) {
      const requests = Array.from({ length: BATCH }, (_, i) => oddRequest(random, `/odd/${batch * BATCH + i}`));
      await inParallel(BATCH, WIDTH, (i) => sendOdd(proxy.port, requests[i]));
      await sleep(5);
      for (const { received } of upstream.connections) await judge(judges, received, tally);
      upstream.dropAll();
      await sleep(20);
      if (!proxy.peer.running) throw new Error(`the proxy died in batch ${batch}: ${proxy.peer.output}`);
    }
    tally.notes.push(`${batches * BATCH} odd requests; judges ${judges.map(({ name }) => name).join(', ')}`);
    await proxy.peer.stop();
    await upstream.stop();
    for (const each of judges) await each.stop();
    return tally;
  },
};

async function sendOdd(port: number, odd: string): Promise<void> {
  const client = await RawClient.connect(port);
  client.send(`${odd}GET /canary HTTP/1.1\r\nhost: a.example\r\n\r\n`);
  await client.until(() => client.ending !== 'open' || /connection: close|canary/.test(client.received), 60);
  client.close();
}

/** Every complete request that was forwarded on one connection, replayed to each judge. */
async function judge(judges: Judge[], received: string, tally: Tally): Promise<void> {
  const { messages, rest } = splitRequests(received);
  if (messages.length === 0) return;
  const complete = received.slice(0, received.length - rest.length);
  const methods = messages.map(({ start }) => start.split(' ')[0]);
  for (const each of judges) {
    const count = await countRequests(each, complete, methods);
    const agrees = count === messages.length;
    tally.check(
      agrees,
      () => `${each.name} sees ${count} requests, not ${messages.length}: ${JSON.stringify(complete.slice(0, 300))}`,
    );
  }
}
