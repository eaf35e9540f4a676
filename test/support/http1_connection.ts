// A connection's bytes through the codec alone: heads parsed and written again, bodies decoded. What the connection manager would
// answer by itself (no Host, `#`, upgrades, CONNECT) is added in the few lines of `localReply`, so that verdicts can be compared
// with those of a whole proxy.
import type { TestCore } from './core.js';
import {
  CHUNK_DONE,
  CHUNK_ERROR,
  ChunkReader,
  parseCodeName,
  parseRequest,
  parseResponse,
  writeHead,
  type ParsedHead,
} from './http1.js';

export interface Message {
  head: ParsedHead;
  written: Buffer;
  body: Buffer;
  complete: boolean;
}

export interface Verdict {
  messages: Message[];
  /** Why the connection ended: a code of the parser, a local reply, or nothing (all bytes used or more needed). */
  end: string;
}

function localReply(head: ParsedHead): string {
  const flags = head.flags ?? [];
  if (head.authority === null) return 'missing-host';
  if (flags.includes('fragment')) return 'fragment';
  if (head.method === 'CONNECT') return 'connect';
  if (flags.includes('upgrade')) return 'upgrade';
  if (!head.path?.startsWith('/')) return 'path';
  if (head.method === 'QUERY' && !head.headers?.some(([name]) => name === 'content-type')) return 'query';
  return '';
}

function readBody(t: TestCore, head: ParsedHead, bytes: Buffer): { body: Buffer; used: number; state: string } {
  const flags = head.flags ?? [];
  if (flags.includes('chunked')) {
    const { result, data, consumed } = new ChunkReader(t).feed(bytes);
    return {
      body: data,
      used: consumed,
      state: result === CHUNK_ERROR ? 'error' : result === CHUNK_DONE ? 'complete' : 'more',
    };
  }
  const length = head.contentLength ?? 0n;
  const used = length < BigInt(bytes.length) ? Number(length) : bytes.length;
  return {
    body: bytes.subarray(0, used),
    used,
    state: BigInt(used) === length ? 'complete' : 'more',
  };
}

/** The requests of a downstream connection. */
export function requestsOf(t: TestCore, bytes: Buffer): Verdict {
  const messages: Message[] = [];
  let at = 0;
  while (at < bytes.length) {
    const rest = bytes.subarray(at);
    const head = parseRequest(t, rest);
    if (head.code <= 0) return { messages, end: parseCodeName(head.code) };
    const reply = localReply(head);
    if (reply) return { messages, end: reply };
    const written = writeHead(t, 'request') ?? Buffer.alloc(0);
    const { body, used, state } = readBody(t, head, rest.subarray(head.code));
    messages.push({ head, written, body, complete: state === 'complete' });
    if (state === 'error') return { messages, end: 'chunk-error' };
    if (head.flags?.includes('close')) return { messages, end: 'close' };
    at += head.code + used;
  }
  return { messages, end: '' };
}

/** The final response of an upstream connection that ends after `bytes`. */
export function responseOf(t: TestCore, bytes: Buffer, method = 'GET'): Verdict {
  let at = 0;
  while (true) {
    const rest = bytes.subarray(at);
    const head = parseResponse(t, rest);
    if (head.code <= 0) return { messages: [], end: parseCodeName(head.code) };
    at += head.code;
    const status = head.status ?? 0;
    if (status < 200 && status !== 101) continue;
    const written = writeHead(t, 'response') ?? Buffer.alloc(0);
    const after = bytes.subarray(at);
    const flags = head.flags ?? [];
    if (method === 'HEAD' || status === 204 || status === 304 || status === 101) {
      return { messages: [{ head, written, body: Buffer.alloc(0), complete: true }], end: '' };
    }
    if (!flags.includes('chunked') && head.contentLength === undefined) {
      return { messages: [{ head, written, body: after, complete: true }], end: 'close' };
    }
    const { body, state } = readBody(t, head, after);
    return {
      messages: [{ head, written, body, complete: state === 'complete' }],
      end: state === 'error' ? 'chunk-error' : '',
    };
  }
}
