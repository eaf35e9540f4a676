// The 480 raw messages of `../shared/corpora/http1` with what Envoy 1.40 did, through a running proxy.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import type { Fixture } from './fixture.js';
import { splitRequests, splitResponses, statusOf } from './http_message.js';
import { RawClient } from './raw_client.js';
import { REPOSITORY } from './repository.js';
import { OK_SCRIPT, type TcpUpstream } from './tcp_upstream.js';

export interface CorpusEntry {
  line: number;
  name: string;
  kind: 'request' | 'response';
  bytes: string;
  /** What Envoy did. */
  statuses: number[];
  verdict: 'accept' | 'reject' | 'wait';
  requestsUpstream: number;
  body: string | undefined;
  /** Where weft knowingly does something else: the section of docs/differences.md and what it does. */
  differs: { id: string; statuses: number[]; requestsUpstream: number } | undefined;
}

export interface CorpusOutcome {
  statuses: number[];
  requestsUpstream: number;
  /** Of the last answer that is complete. */
  body: string | undefined;
}

/** How a message is cut up: whole, in 1-byte writes, or in two pieces. */
export type Cut = 'whole' | 'bytewise' | number;

const PATIENCE_MS = 1500;
const SILENCE_MS = 60;
const POOL_CLOSE_MS = 30;

const DIFFERENCES = join(REPOSITORY, 'test/e2e/corpus_differences.yaml');

interface ListedDifference {
  id: string;
  lines: number[];
  statuses: number[];
  requestsUpstream: number;
}

/** The corpus, or undefined where its folder is missing. */
export function readRawCorpus(): CorpusEntry[] | undefined {
  const folder = [join(REPOSITORY, '../shared/corpora/http1'), join(mainCheckout(), '../shared/corpora/http1')].find(
    existsSync,
  );
  if (folder === undefined) return undefined;
  const raw = readLines(join(folder, 'raw.jsonl'));
  const envoy = readLines(join(folder, 'envoy.jsonl'));
  const listed = parse(readFileSync(DIFFERENCES, 'utf8')) as ListedDifference[];
  return raw.map((each, i) => ({
    line: i + 1,
    name: each['name'] as string,
    kind: each['kind'] as CorpusEntry['kind'],
    bytes: Buffer.from(each['bytes_b64'] as string, 'base64').toString('latin1'),
    statuses: envoy[i]['statuses'] as number[],
    verdict: envoy[i]['class'] as CorpusEntry['verdict'],
    requestsUpstream: envoy[i]['n_up'] as number,
    body: decode(envoy[i]['body_b64']),
    differs: listed.find(({ lines }) => lines.includes(i + 1)),
  }));
}

/** Feeds `entry` to the proxy as client or as upstream, and waits for what Envoy did, or until it does not come. */
export async function runCorpusEntry(
  { port }: Fixture,
  upstream: TcpUpstream,
  entry: CorpusEntry,
  cut: Cut,
): Promise<CorpusOutcome> {
  const pieces = cutUp(entry.bytes, cut);
  const script =
    entry.kind === 'request'
      ? OK_SCRIPT
      : ({ on: 'request', steps: [[...pieces, { wait: 20 }, { close: true }]] } as const);
  if (upstream.reset({ on: script.on, steps: script.steps.map((steps) => [...steps]) })) await sleep(POOL_CLOSE_MS);
  const client = await RawClient.connect(port);
  if (entry.kind === 'request') await client.run(pieces);
  else client.send('GET / HTTP/1.1\r\nhost: example.com\r\n\r\n');
  const look = (): CorpusOutcome => observe(client, upstream, entry);
  if (entry.verdict === 'wait' && !entry.differs) await sleep(SILENCE_MS);
  else await client.until(() => corpusAgrees(entry, look()), PATIENCE_MS);
  const outcome = look();
  client.close();
  return outcome;
}

/** Whether the outcome is what Envoy did, or what the list of differences says instead. */
export function corpusAgrees(entry: CorpusEntry, { statuses, requestsUpstream, body }: CorpusOutcome): boolean {
  const { differs } = entry;
  if (differs) return String(statuses) === String(differs.statuses) && requestsUpstream === differs.requestsUpstream;
  if (entry.kind === 'request') {
    return String(statuses) === String(entry.statuses) && requestsUpstream === entry.requestsUpstream;
  }
  // The record took apart what an incomplete answer looked like; only its first status can be compared.
  if (entry.statuses[0] < 0) return statuses.length === 0 || statuses[0] < 100;
  return statuses[0] === entry.statuses[0] && (body === undefined || entry.verdict === 'reject' || body === entry.body);
}

function observe(client: RawClient, upstream: TcpUpstream, entry: CorpusEntry): CorpusOutcome {
  const methods = entry.kind === 'request' ? [...entry.bytes.matchAll(/^([A-Z-]+) \S+ HTTP/gm)].map(([, m]) => m) : [];
  const { messages, rest } = splitResponses(client.received, methods, client.ending === 'fin');
  const started = /^HTTP\/1\.1 (\d{3})/.exec(rest);
  const statuses = [...messages.map(statusOf), ...(started ? [Number(started[1])] : [])];
  const requests = upstream.connections.map(({ received }) => splitRequests(received).messages.length);
  const requestsUpstream = requests.reduce((sum, count) => sum + count, 0);
  return { statuses, requestsUpstream, body: messages.at(-1)?.body };
}

function cutUp(bytes: string, cut: Cut): (string | { bytewise: string })[] {
  if (cut === 'whole') return [bytes];
  if (cut === 'bytewise') return [{ bytewise: bytes }];
  return [bytes.slice(0, cut), bytes.slice(cut)].filter((piece) => piece !== '');
}

function readLines(file: string): Record<string, unknown>[] {
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

function decode(base64: unknown): string | undefined {
  return typeof base64 === 'string' ? Buffer.from(base64, 'base64').toString('latin1') : undefined;
}

/** Where a worktree was made from: the corpora lie beside that. */
function mainCheckout(): string {
  const git = join(REPOSITORY, '.git');
  if (!existsSync(git)) return REPOSITORY;
  try {
    const link = /^gitdir: (.*)$/m.exec(readFileSync(git, 'utf8'))?.[1];
    return link === undefined ? REPOSITORY : dirname(dirname(dirname(link)));
  } catch {
    return REPOSITORY;
  }
}
