// Every golden case, whole and cut at every byte.
import { describe, expect, test } from 'vitest';
import { PARSE_ACCEPT_HTTP_10, PARSE_PARTIAL, W_RX } from '../../../assembly/abi.js';
import { testCore, type TestCore } from '../../support/core.js';
import { goldenBytes, goldenCases, type GoldenCase } from '../../support/golden.js';
import {
  CHUNK_DONE,
  CHUNK_ERROR,
  CHUNK_MORE,
  ChunkReader,
  parseCodeName,
  parseRequest,
  parseResponse,
  writeHead,
  type ParsedHead,
} from '../../support/http1.js';

const t = testCore();
const cases = goldenCases(new URL('../../golden/http1/', import.meta.url));

function quoted(text: string): string {
  const escaped = text.replace(/[^\x20-\x7e]|["\\]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return `"${escaped}"`;
}

/** A head as the lines of an events block. */
function headEvents(head: ParsedHead, bytes: Buffer): string[] {
  if (head.code <= 0) return [head.code === PARSE_PARTIAL ? 'partial' : `error ${parseCodeName(head.code)}`];
  const events: string[] = [];
  if (head.method !== undefined) {
    events.push(`method ${head.method}`);
    events.push(`path ${quoted(head.path ?? '')}`);
    if (head.authority !== null) events.push(`authority ${quoted(head.authority ?? '')}`);
    if (head.scheme) events.push('scheme https');
  } else {
    events.push(`status ${head.status}`, `reason ${quoted(head.reason ?? '')}`);
  }
  if (head.minor !== 1) events.push(`version 1.${head.minor}`);
  const flags = (head.flags ?? []).filter((f) => f !== 'authority');
  if (flags.length) events.push(`flags ${flags.join(' ')}`);
  if (head.contentLength !== undefined) events.push(`content-length ${head.contentLength}`);
  for (const [name, value] of head.headers ?? []) events.push(`header ${name} ${quoted(value)}`);
  if (head.code < bytes.length) events.push(`rest ${quoted(bytes.subarray(head.code).toString('latin1'))}`);
  return events;
}

function headCase(c: GoldenCase, kind: 'request' | 'response', block: string): void {
  const bytes = goldenBytes(block);
  const expected = (c.blocks.get('events') ?? '').split('\n');
  const flags = c.blocks.has('accept-http-10') ? PARSE_ACCEPT_HTTP_10 : 0;
  const parse = (t: TestCore, b: Buffer) =>
    kind === 'request' ? parseRequest(t, b, 100, flags) : parseResponse(t, b, 100, flags);
  const whole = parse(t, bytes);
  expect(headEvents(whole, bytes)).toEqual(expected);
  const written = c.blocks.get('written');
  if (written !== undefined) {
    expect(quoted(String(writeHead(t, kind)?.toString('latin1')))).toBe(
      quoted(goldenBytes(written).toString('latin1')),
    );
  }
  // A head is never complete before its last byte, and a cut is either noticed as partial or refused as the whole is.
  const consumed = whole.code > 0 ? whole.code : bytes.length;
  const run = kind === 'request' ? t.worker.exports.parseRequest : t.worker.exports.parseResponse;
  for (let cut = 0; cut < consumed; cut++) {
    const code = parse(t, bytes.subarray(0, cut)).code;
    if (whole.code > 0) expect([cut, code]).toEqual([cut, PARSE_PARTIAL]);
    else if (code !== PARSE_PARTIAL) expect([cut, parseCodeName(code)]).toEqual([cut, parseCodeName(whole.code)]);
  }
  // The same memory grows by a byte at a time: what earlier attempts changed in place must not matter.
  const p = t.W + W_RX;
  const head = t.W + 0x10000;
  t.worker.u8.set(bytes, p);
  let last = PARSE_PARTIAL;
  for (let n = 1; n <= bytes.length && last === PARSE_PARTIAL; n++) last = run(head, p, p + n, 100, flags);
  expect(parseCodeName(last)).toBe(parseCodeName(whole.code));
}

function chunkedCase(c: GoldenCase, block: string): void {
  const bytes = goldenBytes(block);
  const expected = (c.blocks.get('events') ?? '').split('\n');
  const decode = (pieces: Buffer[]): string[] => {
    const reader = new ChunkReader(t);
    const data: Buffer[] = [];
    let result = CHUNK_MORE;
    let consumed = 0;
    for (const piece of pieces) {
      const r = reader.feed(piece);
      data.push(r.data);
      consumed += r.consumed;
      result = r.result;
      if (result !== CHUNK_MORE) break;
    }
    if (result === CHUNK_ERROR) return ['error'];
    const events = [`data ${quoted(Buffer.concat(data).toString('latin1'))}`];
    events.push(result === CHUNK_DONE ? 'done' : 'more');
    if (consumed < bytes.length) events.push(`rest ${quoted(bytes.subarray(consumed).toString('latin1'))}`);
    return events;
  };
  expect(decode([bytes])).toEqual(expected);
  for (let cut = 1; cut < bytes.length; cut++) {
    expect([cut, decode([bytes.subarray(0, cut), bytes.subarray(cut)])]).toEqual([cut, expected]);
  }
  expect(decode([...bytes].map((b) => Buffer.from([b])))).toEqual(expected);
}

describe.each([...new Set(cases.map((c) => c.file))])('%s', (file) => {
  test.each(cases.filter((c) => c.file === file).map((c) => [c.claim, c] as const))('%s', (_, c) => {
    for (const [kind, block] of c.blocks) {
      if (kind === 'request' || kind === 'response') return headCase(c, kind, block);
      if (kind === 'chunked') return chunkedCase(c, block);
    }
    throw new Error(`${c.file}:${c.line}: no input block`);
  });
});
