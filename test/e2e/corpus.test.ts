import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startProxy, type Fixture } from '../support/fixture.js';
import { freePort } from '../support/ports.js';
import { corpusAgrees, readRawCorpus, runCorpusEntry, type CorpusEntry, type Cut } from '../support/raw_corpus.js';
import { REPOSITORY } from '../support/repository.js';
import { TcpUpstream } from '../support/tcp_upstream.js';

const corpus = readRawCorpus();
const DIFFERENCES = readFileSync(join(REPOSITORY, 'docs/differences.md'), 'utf8');
const BYTEWISE_SAMPLE = 7; // one in so many is also sent in 1-byte writes

let upstream: TcpUpstream;
let proxy: Fixture;
beforeAll(async () => {
  upstream = await TcpUpstream.start(await freePort());
  proxy = await startProxy({ upstreamPort: upstream.port });
});
afterAll(async () => {
  await proxy.peer.stop();
  await upstream.stop();
});

async function disagreements(entries: CorpusEntry[], cut: Cut): Promise<string[]> {
  const found: string[] = [];
  for (const entry of entries) {
    const outcome = await runCorpusEntry(proxy, upstream, entry, cut);
    if (!corpusAgrees(entry, outcome)) found.push(describe(entry, outcome));
  }
  return found;
}

function describe({ line, name, statuses, requestsUpstream }: CorpusEntry, outcome: object): string {
  return `line ${line}, ${name}: Envoy ${JSON.stringify({ statuses, requestsUpstream })}, here ${JSON.stringify(outcome)}`;
}

test.skipIf(corpus === undefined)('what weft does otherwise is stricter, and docs/differences.md says why', () => {
  const listed = (corpus ?? []).filter(({ differs }) => differs !== undefined);
  expect(listed.length).toBeGreaterThan(0);
  for (const { line, verdict, differs } of listed) {
    expect(DIFFERENCES, `line ${line}`).toContain(`\n### ${differs?.id}\n`);
    expect(verdict, `line ${line}: Envoy refuses it too`).not.toBe('reject');
    expect(
      differs?.statuses.every((status) => status >= 400),
      `line ${line}`,
    ).toBe(true);
  }
});

test.skipIf(corpus === undefined)(
  '480 raw messages get what Envoy gave them, or what is listed',
  { timeout: 120_000 },
  async () => {
    expect(await disagreements(corpus ?? [], 'whole')).toEqual([]);
  },
);

test.skipIf(corpus === undefined)('in 1-byte writes they get the same', { timeout: 120_000 }, async () => {
  const sample = (corpus ?? []).filter(({ line }) => line % BYTEWISE_SAMPLE === 0);
  expect(await disagreements(sample, 'bytewise')).toEqual([]);
});
