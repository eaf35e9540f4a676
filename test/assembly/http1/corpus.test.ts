// 480 raw messages of public test suites with what Envoy 1.40 did with each (../shared/corpora/http1): nothing is accepted that
// Envoy rejects, what is accepted reaches the upstream in the same bytes, and every other difference has its reason in
// test/golden/http1/corpus_differences.json.
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { testCore } from '../../support/core.js';
import { requestsOf, responseOf, type Message } from '../../support/http1_connection.js';

const folder = new URL('../../../../shared/corpora/http1/', import.meta.url);
const present = existsSync(folder);

interface RawLine {
  name: string;
  kind: 'request' | 'response';
  bytes_b64: string;
}
interface EnvoyLine {
  statuses: number[];
  up: string[];
  body_b64?: string;
  class: 'accept' | 'reject' | 'wait';
}

function lines<T>(file: string): T[] {
  if (!present) return [];
  return readFileSync(new URL(file, folder), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}

const raw = lines<RawLine>('raw.jsonl');
const envoy = lines<EnvoyLine>('envoy.jsonl');
const differences = JSON.parse(
  readFileSync(new URL('../../golden/http1/corpus_differences.json', import.meta.url), 'utf8'),
) as { reasons: Record<string, string>; lines: Record<string, string> };

// Headers that Envoy's connection manager adds.
const ADDED = /(x-forwarded-proto|x-request-id|x-envoy-expected-rq-timeout-ms|x-envoy-internal): [^\r]*\r\n/g;

/** A message as an HTTP/1.1 upstream gets it. */
function forwarded({ head, written, body, complete }: Message): string {
  const start = written.toString('latin1').replace(/expect: 100-continue\r\n/i, '');
  if (!head.flags?.includes('chunked')) return start + body.toString('latin1');
  const chunk = body.length ? `${body.length.toString(16)}\r\n${body.toString('latin1')}\r\n` : '';
  return start + chunk + (complete ? '0\r\n\r\n' : '');
}

const t = testCore();

/** What differs from Envoy, and whether we accept what it rejects. */
function compare(i: number): { same: boolean; laxer: boolean } {
  const bytes = Buffer.from(raw[i].bytes_b64, 'base64');
  const theirs = envoy[i];
  if (raw[i].kind === 'request') {
    const verdict = requestsOf(t, bytes);
    const wanted = theirs.up.map((b) => Buffer.from(b, 'base64').toString('latin1').replace(ADDED, '')).join('');
    const complete = verdict.messages.filter((m) => m.complete).length;
    const same = verdict.messages.map(forwarded).join('') === wanted;
    return { same, laxer: theirs.class === 'reject' && (complete > 0 || verdict.end === '') };
  }
  const verdict = responseOf(t, bytes);
  const [message] = verdict.messages;
  if (theirs.class === 'reject') return { same: !message, laxer: message?.complete ?? false };
  const body = Buffer.from(theirs.body_b64 ?? '', 'base64');
  return { same: message?.head.status === theirs.statuses.at(-1) && message.body.equals(body), laxer: false };
}

describe.skipIf(!present)('the corpus of raw messages (skipped where ../shared/corpora is missing)', () => {
  test('pairs up line by line', () => {
    expect(raw.length).toBe(480);
    expect(envoy.length).toBe(480);
  });

  test('nothing is accepted that Envoy rejects', () => {
    expect(raw.map((r, i) => `${i} ${r.name}`).filter((_, i) => compare(i).laxer)).toEqual([]);
  });

  test('what differs from Envoy is listed with a reason, and nothing else is listed', () => {
    const found = raw.map((_, i) => String(i)).filter((i) => !compare(Number(i)).same);
    expect(found).toEqual(Object.keys(differences.lines));
    for (const reason of Object.values(differences.lines)) expect(differences.reasons).toHaveProperty(reason);
  });
});
