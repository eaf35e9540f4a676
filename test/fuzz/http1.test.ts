// Fuzz targets 1 and 2: heads and chunked bodies, made from the golden cases by mutation.
//
// Whatever the bytes, the parser neither traps nor reads or writes outside its range and guard, its answer does not depend on
// what stands behind the range, every cut gives the same answer, and a head that it accepts leaves in a form that it reads as
// the same message. WEFT_FUZZ_SEED and WEFT_FUZZ_RUNS repeat a run or make it longer; a failure prints seed and input.
import { expect, test } from 'vitest';
import { PARSE_PARTIAL, W_OUT, W_REQUEST_HEAD, W_RESPONSE_HEAD, W_RX } from '../../assembly/abi.js';
import { testCore } from '../support/core.js';
import { FUZZ_SEED } from '../support/fuzz_seed.js';
import { goldenBytes, goldenCases } from '../support/golden.js';
import { ChunkReader, parseCodeName, readHead, writeHead, type ParsedHead } from '../support/http1.js';
import { atTheEnd, mutate, xorshift } from '../support/mutation.js';

const SEED = FUZZ_SEED;
const RUNS = Number(process.env['WEFT_FUZZ_RUNS'] ?? 8_000);

const t = testCore();
const { u8 } = t.worker;
const golden = goldenCases(new URL('../golden/http1/', import.meta.url));

function inputs(kind: string): Buffer[] {
  return golden.flatMap((c) => (c.blocks.has(kind) ? [goldenBytes(c.blocks.get(kind) ?? '')] : []));
}

type Kind = 'request' | 'response';

function parse(kind: Kind, p: number, length: number): ParsedHead {
  const head = t.W + (kind === 'request' ? W_REQUEST_HEAD : W_RESPONSE_HEAD);
  const { parseRequest, parseResponse } = t.worker.exports;
  const run = kind === 'request' ? parseRequest : parseResponse;
  t.worker.exports.scratchReset();
  return readHead(t, head, run(head, p, p + length, 100, 1), kind);
}

function meaning({ method, path, authority, status, contentLength, flags, headers }: ParsedHead): unknown {
  const framing = flags?.filter((f) => f === 'chunked' || f === 'content-length' || f === 'upgrade');
  return { method, path, authority, status, contentLength, framing, headers };
}

function headRun(kind: Kind, bytes: Buffer, next: (below: number) => number): void {
  const before = Buffer.from(bytes);
  const p = atTheEnd(t, bytes, 0x61);
  u8.fill(0xa5, p - 64, p);
  const found = parse(kind, p, bytes.length);
  const guard = Buffer.from(u8.slice(p + bytes.length));
  expect(guard.every((b) => b === 0x61)).toBe(true); // the guard is read, and written back at most
  expect(u8.subarray(p - 64, p).every((b) => b === 0xa5)).toBe(true);
  if (found.code > 0) {
    expect(found.code).toBeLessThanOrEqual(bytes.length);
    // `http://host?query` has the path `?query`, as with Envoy: the connection manager refuses it before anything is written.
    if (kind === 'response' || found.method === 'CONNECT' || /^[/*]/.test(found.path ?? '')) reparse(kind, found);
  }
  // Other bytes behind the range, even a plausible end of the head, change nothing.
  for (const other of [0x0a, 0x3a, 0x00]) {
    expect(parse(kind, atTheEnd(t, before, other), before.length)).toEqual(found);
  }
  // Cut anywhere, the first part is incomplete or wrong for the same reason, and the same memory parses to the same afterwards.
  const cut = next(bytes.length + 1);
  const q = t.W + W_RX;
  u8.set(before, q);
  const part = parse(kind, q, cut).code;
  if (part > 0) expect(part).toBe(found.code);
  else if (part !== PARSE_PARTIAL) expect(parseCodeName(part)).toBe(parseCodeName(found.code));
  expect(parse(kind, q, before.length)).toEqual(found);
}

// What the writer makes of an accepted head means the same: class 34's spirit, for HTTP/1.1.
function reparse(kind: Kind, found: ParsedHead): void {
  const written = writeHead(t, kind);
  expect(written).toBeDefined();
  if (!written) return;
  expect(written.includes('\0')).toBe(false);
  const again = parse(kind, t.W + W_OUT, written.length);
  const wanted = meaning(found) as { framing: string[]; headers: [string, string][]; contentLength?: bigint };
  // A body that is none is said: content-length 0 is added for methods that may have one.
  const added = again.contentLength === 0n && found.contentLength === undefined;
  const got = meaning(again) as typeof wanted;
  if (added) {
    got.contentLength = undefined;
    got.framing = got.framing.filter((f) => f !== 'content-length');
    got.headers = got.headers.filter(([name]) => name !== 'content-length');
  }
  expect(again.code).toBe(written.length);
  expect(got).toEqual(wanted);
}

function chunkedRun(bytes: Buffer, next: (below: number) => number): void {
  const whole = new ChunkReader(t).feed(bytes);
  expect(whole.consumed).toBeLessThanOrEqual(bytes.length);
  expect(whole.data.length).toBeLessThanOrEqual(bytes.length);
  const reader = new ChunkReader(t);
  const data: Buffer[] = [];
  let at = 0;
  let result = 0;
  while (at < bytes.length && result === 0) {
    const piece = bytes.subarray(at, at + 1 + next(5));
    const r = reader.feed(piece);
    data.push(r.data);
    at += r.consumed;
    result = r.result;
  }
  expect(result).toBe(whole.result);
  if (result >= 0) {
    expect(Buffer.concat(data).equals(whole.data)).toBe(true);
    expect(at).toBe(whole.consumed);
  }
}

function fuzz(kind: string, corpus: Buffer[], run: (bytes: Buffer, next: (below: number) => number) => void): void {
  expect(corpus.length).toBeGreaterThan(10);
  for (const bytes of corpus) run(bytes, xorshift(SEED));
  const next = xorshift(SEED);
  for (let i = 0; i < RUNS; i++) {
    const bytes = mutate(corpus, next);
    try {
      run(bytes, next);
    } catch (cause) {
      throw new Error(`WEFT_FUZZ_SEED=${SEED}, run ${i}: ${kind} ${JSON.stringify(bytes.toString('latin1'))}`, {
        cause,
      });
    }
  }
}

test('request heads', () => fuzz('request', inputs('request'), (b, next) => headRun('request', b, next)));
test('response heads', () => fuzz('response', inputs('response'), (b, next) => headRun('response', b, next)));
test('chunked bodies', () => fuzz('chunked', inputs('chunked'), chunkedRun));
