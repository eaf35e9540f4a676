// Feeds bytes to the HTTP/1.1 codec of a test core and tells what it found as plain values.
import * as abi from '../../assembly/abi.js';
import type { TestCore } from './core.js';

export interface ParsedHead {
  code: number;
  method?: string;
  path?: string;
  authority?: string | null;
  minor?: number;
  status?: number;
  reason?: string;
  scheme?: number;
  flags?: string[];
  contentLength?: bigint;
  headers?: [string, string][];
}

export const FLAG_NAMES = [
  'content-length',
  'chunked',
  'close',
  'expect-continue',
  'upgrade',
  'authority',
  'keep-alive',
  'trailers',
  'absolute-form',
  'fragment',
];

/** The name of a PARSE_* code. */
export function parseCodeName(code: number): string {
  for (const [name, value] of Object.entries(abi)) {
    if (name.startsWith('PARSE_') && value === code && code < 0)
      return name.slice(6).toLowerCase().replaceAll('_', '-');
  }
  return String(code);
}

function text(t: TestCore, address: number, length: number): string {
  return Buffer.from(t.worker.u8.subarray(address, address + length)).toString('latin1');
}

// The bytes whose address stands at `at` and whose length at `length`, both offsets in the head.
function slice(t: TestCore, head: number, at: number, length: number): string {
  return text(t, t.worker.u32[(head + at) >> 2], t.worker.u32[(head + length) >> 2]);
}

/** The live entries of the head at `head`, in order. */
export function headEntries(t: TestCore, head: number): [string, string][] {
  const { u8, u32, view } = t.worker;
  const count = view.getUint16(head + abi.HEAD_AT_COUNT, true);
  const found: [string, string][] = [];
  for (let i = 0; i < count; i++) {
    const p = head + abi.HEAD_AT_ENTRIES + i * abi.HEADER_ENTRY_SIZE;
    if (u8[p + 15] & 2) continue; // ENTRY_REMOVED
    found.push([text(t, u32[p >> 2], view.getUint16(p + 12, true)), text(t, u32[(p + 4) >> 2], u32[(p + 8) >> 2])]);
  }
  return found;
}

/** Where tests put input: the receive buffer of the worker. */
export function input(t: TestCore, bytes: Uint8Array): number {
  const p = t.W + abi.W_RX;
  t.worker.u8.set(bytes, p);
  return p;
}

export function readHead(t: TestCore, head: number, code: number, kind: 'request' | 'response'): ParsedHead {
  if (code <= 0) return { code };
  const { u8, view } = t.worker;
  const flags = view.getUint32(head + abi.HEAD_AT_FLAGS, true);
  const common = {
    code,
    minor: u8[head + abi.HEAD_AT_MINOR],
    flags: FLAG_NAMES.filter((_, i) => flags & (1 << i)),
    contentLength: flags & 1 ? view.getBigUint64(head + abi.HEAD_AT_CONTENT_LENGTH, true) : undefined,
    headers: headEntries(t, head),
  };
  if (kind === 'response') {
    const status = view.getUint16(head + abi.HEAD_AT_STATUS, true);
    return { ...common, status, reason: slice(t, head, abi.HEAD_AT_REASON, abi.HEAD_AT_REASON_LENGTH) };
  }
  return {
    ...common,
    method: slice(t, head, abi.HEAD_AT_METHOD, abi.HEAD_AT_METHOD_LENGTH),
    path: slice(t, head, abi.HEAD_AT_PATH, abi.HEAD_AT_PATH_LENGTH),
    authority: flags & 32 ? slice(t, head, abi.HEAD_AT_AUTHORITY, abi.HEAD_AT_AUTHORITY_LENGTH) : null,
    scheme: u8[head + abi.HEAD_AT_SCHEME],
  };
}

export function parseRequest(t: TestCore, bytes: Uint8Array, maxHeaders = 100, flags = 0): ParsedHead {
  const p = input(t, bytes);
  const head = t.W + abi.W_REQUEST_HEAD;
  t.worker.exports.scratchReset();
  const code = t.worker.exports.parseRequest(head, p, p + bytes.length, maxHeaders, flags);
  return readHead(t, head, code, 'request');
}

export function parseResponse(t: TestCore, bytes: Uint8Array, maxHeaders = 100, flags = 0): ParsedHead {
  const p = input(t, bytes);
  const head = t.W + abi.W_RESPONSE_HEAD;
  t.worker.exports.scratchReset();
  const code = t.worker.exports.parseResponse(head, p, p + bytes.length, maxHeaders, flags);
  return readHead(t, head, code, 'response');
}

/** What the writer makes of the head that was parsed last; undefined if it does not fit into `room` bytes. */
export function writeHead(t: TestCore, kind: 'request' | 'response', room = 0x20000): Buffer | undefined {
  const out = t.W + abi.W_OUT;
  const { writeRequestHead, writeResponseHead } = t.worker.exports;
  const end =
    kind === 'request'
      ? writeRequestHead(t.W + abi.W_REQUEST_HEAD, out, out + room)
      : writeResponseHead(t.W + abi.W_RESPONSE_HEAD, out, out + room);
  return end ? Buffer.from(t.worker.u8.slice(out, end)) : undefined;
}

export const CHUNK_MORE = 0;
export const CHUNK_DONE = 1;
export const CHUNK_TRAILERS = 2;
export const CHUNK_ERROR = -1;
export const CHUNK_KEEP_TRAILERS = 0x100;

/** A chunked decoder over a test core: feed it pieces. */
export class ChunkReader {
  readonly #t: TestCore;
  readonly #state: number;

  constructor(t: TestCore, keepTrailers = false) {
    this.#t = t;
    this.#state = t.W + abi.W_HOST;
    t.worker.u8.fill(0, this.#state, this.#state + 16);
    if (keepTrailers) t.worker.u32[(this.#state + 8) >> 2] = CHUNK_KEEP_TRAILERS;
  }

  feed(bytes: Uint8Array): { result: number; data: Buffer; consumed: number } {
    const { chunkDecode, chunkDataStart, chunkDataEnd, chunkConsumed } = this.#t.worker.exports;
    const p = input(this.#t, bytes);
    const result = chunkDecode(this.#state, p, p + bytes.length);
    return {
      result,
      data: Buffer.from(this.#t.worker.u8.slice(chunkDataStart.value, chunkDataEnd.value)),
      consumed: chunkConsumed.value - p,
    };
  }
}

/** Parses a trailer section and writes the last chunk with what is left of it. */
export function passTrailers(t: TestCore, bytes: Uint8Array, maxHeaders = 100): { code: number; written?: Buffer } {
  const p = input(t, bytes);
  const head = t.W + abi.W_REQUEST_HEAD;
  const after = t.worker.exports.parseTrailers(head, p, p + bytes.length, maxHeaders);
  if (after <= 0) return { code: after };
  const out = t.W + abi.W_OUT;
  const end = t.worker.exports.writeTrailers(head, out, out + 0x10000);
  return { code: after - p, written: Buffer.from(t.worker.u8.slice(out, end)) };
}
