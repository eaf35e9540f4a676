// The HTTP/1.1 codec in plain JavaScript: what one would write without WebAssembly. Latin-1 strings, indexOf, regular expressions,
// objects. The benchmarks compare the core with it, and the differential tests take it for the oracle; the proxy never imports it.
import {
  PARSE_ACCEPT_HTTP_10,
  PARSE_BAD_REQUEST,
  PARSE_BODY_DISALLOWED,
  PARSE_CONNECTION_HEADER_REJECTED,
  PARSE_CONTENT_LENGTH_AND_CHUNKED,
  PARSE_CONTENT_LENGTH_NOT_ALLOWED,
  PARSE_INVALID_AUTHORITY,
  PARSE_INVALID_CHARACTERS,
  PARSE_INVALID_SCHEME,
  PARSE_INVALID_TRANSFER_ENCODING,
  PARSE_INVALID_URL,
  PARSE_LOW_VERSION,
  PARSE_PARTIAL,
  PARSE_TOO_MANY_HEADERS,
  PARSE_TRANSFER_ENCODING_NOT_ALLOWED,
} from '../../assembly/abi.js';

export interface Header {
  name: string;
  value: string;
}

export interface Head {
  minor: number;
  headers: Header[];
  contentLength?: bigint;
  chunked: boolean;
  close: boolean;
  keepAlive: boolean;
  upgrade: boolean;
  /** Bytes of input that the head took. */
  consumed: number;
}

export interface RequestHead extends Head {
  method: string;
  path: string;
  authority?: string;
  https: boolean;
  absoluteForm: boolean;
  fragment: boolean;
  expectContinue: boolean;
  trailers: boolean;
}

export interface ResponseHead extends Head {
  status: number;
  reason: string;
}

/** A PARSE_* code, thrown inside and returned outside. */
class Refused extends Error {
  constructor(readonly code: number) {
    super(`PARSE ${code}`);
  }
}

const METHODS = new Set(
  (
    'ACL BIND CHECKOUT CONNECT COPY DELETE GET HEAD LINK LOCK MERGE MKACTIVITY MKCALENDAR MKCOL MOVE MSEARCH NOTIFY ' +
    'OPTIONS PATCH POST PROPFIND PROPPATCH PURGE PUT QUERY REBIND REPORT SEARCH SOURCE SUBSCRIBE TRACE UNBIND UNLINK ' +
    'UNLOCK UNSUBSCRIBE'
  ).split(' '),
);
const NOT_TOKEN = /[^!#$%&'*+\-.^_`|~0-9A-Za-z]/;
// eslint-disable-next-line no-control-regex
const NOT_VALUE = /[\0-\x08\x0a-\x1f\x7f]/;
const BLANKS_AROUND = /^[ \t]+|[ \t]+$/g;
const HOST_HEADER = /^[!$%&'()*+,\-.0-9:;=@A-Z[\]_a-z~]*$/;
const USERINFO = /^[!$%&'()*+,\-.0-9:;=A-Z_a-z~]*$/;
const HOST_PORT = /^(?:[-.0-9A-Za-z]+|\[[.0-9:A-Fa-f]{2,}\])(?::(\d+))?$/;

// Lines that end in LF or CRLF, as they are asked for.
class Lines {
  at: number;
  constructor(
    readonly text: string,
    start: number,
  ) {
    this.at = start;
  }

  next(): string {
    const end = this.text.indexOf('\n', this.at);
    if (end < 0) throw new Refused(PARSE_PARTIAL);
    const line = this.text.slice(this.at, end > this.at && this.text[end - 1] === '\r' ? end - 1 : end);
    this.at = end + 1;
    return line;
  }

  /** Whether the next line goes on with this one. */
  folded(): boolean {
    if (this.at >= this.text.length) throw new Refused(PARSE_PARTIAL);
    return this.text[this.at] === ' ' || this.text[this.at] === '\t';
  }
}

function parseHeaders(lines: Lines, maxHeaders: number): Header[] {
  const headers: Header[] = [];
  for (let line = lines.next(); line !== ''; line = lines.next()) {
    const stop = line.search(NOT_TOKEN);
    if (stop < 0 || line[stop] !== ':')
      throw new Refused(line[stop] === '\0' ? PARSE_INVALID_CHARACTERS : PARSE_BAD_REQUEST);
    if (stop === 0) throw new Refused(PARSE_BAD_REQUEST);
    if (headers.length === maxHeaders) throw new Refused(PARSE_TOO_MANY_HEADERS);
    let value = checkedValue(line.slice(stop + 1));
    while (lines.folded()) value += checkedValue(lines.next());
    headers.push({ name: line.slice(0, stop).toLowerCase(), value: value.replace(BLANKS_AROUND, '') });
  }
  return headers;
}

function checkedValue(text: string): string {
  const bad = text.search(NOT_VALUE);
  if (bad >= 0) throw new Refused(text[bad] === '\r' ? PARSE_BAD_REQUEST : PARSE_INVALID_CHARACTERS);
  return text;
}

function find(headers: Header[], name: string): Header | undefined {
  return headers.find((h) => h.name === name);
}

function remove(headers: Header[], name: string): void {
  for (let i = headers.length - 1; i >= 0; i--) if (headers[i].name === name) headers.splice(i, 1);
}

function tokens(headers: Header[], name: string): string[] {
  return headers
    .filter((h) => h.name === name)
    .flatMap((h) => h.value.split(','))
    .filter((token) => token !== '')
    .map((token) => token.replace(BLANKS_AROUND, ''));
}

// Envoy's inline headers: several lines become one value.
const INLINE_IN_REQUESTS = new Set(
  (
    'expect upgrade via x-request-id x-forwarded-for x-forwarded-proto x-forwarded-host x-forwarded-port ' +
    'x-forwarded-client-cert x-envoy-internal x-envoy-external-address x-envoy-expected-rq-timeout-ms ' +
    'x-envoy-original-path x-envoy-original-host x-envoy-attempt-count x-envoy-decorator-operation ' +
    'x-envoy-downstream-service-cluster x-envoy-downstream-service-node x-envoy-retry-on x-envoy-retry-grpc-on ' +
    'x-envoy-max-retries x-envoy-upstream-alt-stat-name x-envoy-upstream-rq-timeout-ms ' +
    'x-envoy-upstream-rq-per-try-timeout-ms x-envoy-upstream-rq-timeout-alt-response x-envoy-force-trace ' +
    'x-envoy-ip-tags x-envoy-hedge-on-per-try-timeout x-envoy-retriable-status-codes ' +
    'x-envoy-retriable-header-names x-envoy-is-timeout-retry x-envoy-upstream-stream-duration-ms user-agent ' +
    'content-type authorization referer accept accept-encoding origin content-encoding cache-control'
  ).split(' '),
);
const INLINE_IN_RESPONSES = new Set(
  (
    'date upgrade via x-request-id x-envoy-attempt-count x-envoy-decorator-operation ' +
    'x-envoy-immediate-health-check-fail x-envoy-ratelimited x-envoy-upstream-healthchecked-cluster content-type ' +
    'location content-encoding cache-control etag'
  ).split(' '),
);

function join(headers: Header[], inline: Set<string>): void {
  const first = new Map<string, Header>();
  const kept = headers.filter((h) => {
    const before = inline.has(h.name) ? first.get(h.name) : undefined;
    if (before)
      before.value = [before.value, h.value].filter(Boolean).join(','); // empty lines leave no comma
    else first.set(h.name, h);
    return !before;
  });
  headers.splice(0, Infinity, ...kept);
}

function framing(head: Head): void {
  const lengths = head.headers.filter((h) => h.name === 'content-length');
  const encodings = head.headers.filter((h) => h.name === 'transfer-encoding');
  if (lengths.length > 1) throw new Refused(PARSE_BAD_REQUEST);
  if (lengths.length === 1) {
    if (!/^\d+$/.test(lengths[0].value)) throw new Refused(PARSE_BAD_REQUEST);
    head.contentLength = BigInt(lengths[0].value);
    if (head.contentLength >= 2n ** 63n) throw new Refused(PARSE_BAD_REQUEST);
    lengths[0].value = String(head.contentLength);
  }
  if (encodings.length === 0) return;
  if (lengths.length > 0) throw new Refused(PARSE_CONTENT_LENGTH_AND_CHUNKED);
  if (encodings.length > 1 || encodings[0].value.toLowerCase() !== 'chunked') {
    throw new Refused(PARSE_INVALID_TRANSFER_ENCODING);
  }
  head.chunked = true;
  remove(head.headers, 'transfer-encoding');
}

const NEVER_NOMINATED = new Set(['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto']);
const NOT_BY_NAME = new Set(['connection', 'content-length', 'transfer-encoding', 'http2-settings']);

function requestConnection(head: RequestHead): void {
  const { headers } = head;
  const nominated = tokens(headers, 'connection');
  const words = nominated.map((token) => token.toLowerCase());
  head.keepAlive = words.includes('keep-alive');
  head.close = words.includes('close');
  if (nominated.length >= 10) throw new Refused(PARSE_CONNECTION_HEADER_REJECTED);
  for (const name of words) {
    if (['', 'keep-alive', 'close', 'upgrade'].includes(name) || NOT_BY_NAME.has(name)) continue;
    if (name.startsWith(':') || NEVER_NOMINATED.has(name)) throw new Refused(PARSE_CONNECTION_HEADER_REJECTED);
    if (name === 'te') {
      if ((find(headers, 'te')?.value.length ?? 0) >= 256) throw new Refused(PARSE_CONNECTION_HEADER_REJECTED);
    } else remove(headers, name);
  }
  if (head.minor !== 1 && (!head.keepAlive || head.chunked)) head.close = true;
  if (tokens(headers, 'proxy-connection').some((token) => token.toLowerCase() === 'close')) head.close = true;
  remove(headers, 'proxy-connection');
  remove(headers, 'keep-alive');
  const te = find(headers, 'te');
  if (te) {
    head.trailers = tokens(headers, 'te').includes('trailers');
    te.value = 'trailers';
    headers.splice(0, Infinity, ...headers.filter((h) => h.name !== 'te' || (h === te && head.trailers)));
  }
  upgrade(
    head,
    nominated.findLast((token) => token.toLowerCase() === 'upgrade'),
  );
}

function upgrade(head: RequestHead, word: string | undefined): void {
  const { headers } = head;
  const upgrades = headers.filter((h) => h.name === 'upgrade');
  const h2c = upgrades.length === 1 && upgrades[0].value.toLowerCase() === 'h2c';
  if (upgrades.length > 0 && word !== undefined && !h2c) {
    head.upgrade = true;
    keepUpgradeOnly(headers, word);
    return;
  }
  if (h2c && word !== undefined) remove(headers, 'http2-settings');
  remove(headers, 'upgrade');
  remove(headers, 'connection');
}

// One Connection header, with the word that asks for the upgrade.
function keepUpgradeOnly(headers: Header[], word: string): void {
  const first = find(headers, 'connection');
  headers.splice(0, Infinity, ...headers.filter((h) => h.name !== 'connection' || h === first));
  if (first) first.value = word;
}

function hostPort(text: string, portNeeded: boolean): string {
  const match = HOST_PORT.exec(text);
  if (!match || (portNeeded && match[1] === undefined) || Number(match[1] ?? 0) > 65535) {
    throw new Refused(PARSE_INVALID_URL);
  }
  return text;
}

function requestTarget(head: RequestHead, target: string): void {
  if (head.method === 'CONNECT') {
    head.authority = hostPort(target, true);
    head.absoluteForm = true;
    return;
  }
  if (target[0] === '/' || target[0] === '*') {
    if (target[0] === '*' && head.method !== 'OPTIONS') throw new Refused(PARSE_INVALID_URL);
    head.path = target;
    return;
  }
  const url = /^([A-Za-z]+):\/\/([^/?]*)(.*)$/.exec(target);
  if (!url) throw new Refused(PARSE_BAD_REQUEST);
  const scheme = url[1].toLowerCase();
  if (scheme !== 'http' && scheme !== 'https') throw new Refused(PARSE_INVALID_SCHEME);
  if (url[2].includes('#')) throw new Refused(PARSE_BAD_REQUEST);
  const at = url[2].lastIndexOf('@');
  if (at >= 0 && !USERINFO.test(url[2].slice(0, at))) throw new Refused(PARSE_BAD_REQUEST);
  head.authority = hostPort(url[2].slice(at + 1), false);
  head.absoluteForm = true;
  head.https = scheme === 'https';
  head.path = url[3] || '/';
}

function hostHeader(head: RequestHead): void {
  const hosts = head.headers.filter((h) => h.name === 'host');
  if (hosts.length === 0) return;
  if (hosts.length > 1) throw new Refused(PARSE_BAD_REQUEST);
  remove(head.headers, 'host');
  if (head.absoluteForm) return;
  if (!HOST_HEADER.test(hosts[0].value)) throw new Refused(PARSE_INVALID_AUTHORITY);
  head.authority = hosts[0].value;
}

/** Why a request without a version is refused: its target is looked at first. */
function withoutVersion(method: string, target: string): number {
  if (method === 'CONNECT') return refusal(() => requestTarget({ method } as RequestHead, target)) ?? PARSE_LOW_VERSION;
  if (/^[/*]/.test(target)) return PARSE_LOW_VERSION;
  return /^[A-Za-z]+:\/\//.test(target) &&
    refusal(() => requestTarget({ method } as RequestHead, target)) !== PARSE_BAD_REQUEST
    ? PARSE_LOW_VERSION
    : PARSE_BAD_REQUEST;
}

function refusal(read: () => void): number | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof Refused) return error.code;
    throw error;
  }
}

function readRequest(text: string, maxHeaders: number, flags: number): RequestHead {
  const start = text.search(/[^\r\n]/);
  const empty = start < 0 ? text : text.slice(0, start);
  if (/\r(?!\n)/.test(empty.replace(/\r$/, start < 0 ? '' : '\r'))) throw new Refused(PARSE_BAD_REQUEST);
  if (start < 0) throw new Refused(PARSE_PARTIAL);
  const lines = new Lines(text, start);
  const line = lines.next();
  const parts = /^([^ \t]+)[ \t]+([!-~]+)(?:[ \t]+(\S.*)?)?$/s.exec(line);
  const begun = /^([^ \t]+)[ \t]+[!-~]+[^ -~\t\n\r\x80-\xff]/.exec(line);
  if (begun && METHODS.has(begun[1])) throw new Refused(PARSE_INVALID_CHARACTERS);
  if (!parts || !METHODS.has(parts[1])) throw new Refused(PARSE_BAD_REQUEST);
  const [, method, target, versionText] = parts;
  if (versionText === undefined) throw new Refused(withoutVersion(method, target));
  const version = /^HTTP\/(\d)\.(\d)[ \t]*$/.exec(versionText);
  if (!version) throw new Refused(PARSE_BAD_REQUEST);
  const number = `${version[1]}.${version[2]}`;
  const head: RequestHead = {
    method,
    path: '',
    https: false,
    absoluteForm: false,
    fragment: target.includes('#'),
    expectContinue: false,
    trailers: false,
    minor: number === '1.1' ? 1 : number === '1.0' ? 0 : 255,
    headers: parseHeaders(lines, maxHeaders),
    chunked: false,
    close: false,
    keepAlive: false,
    upgrade: false,
    consumed: lines.at,
  };
  join(head.headers, INLINE_IN_REQUESTS);
  framing(head);
  if (method === 'CONNECT') {
    if (head.contentLength) throw new Refused(PARSE_BODY_DISALLOWED);
    if (head.chunked) throw new Refused(PARSE_INVALID_TRANSFER_ENCODING);
    head.contentLength = undefined;
    remove(head.headers, 'content-length');
  }
  requestConnection(head);
  requestTarget(head, target);
  hostHeader(head);
  const expects = head.headers.filter((h) => h.name === 'expect');
  head.expectContinue = expects.length === 1 && expects[0].value.toLowerCase() === '100-continue';
  if (head.minor === 255 || (head.minor === 0 && !(flags & PARSE_ACCEPT_HTTP_10))) throw new Refused(PARSE_LOW_VERSION);
  return head;
}

function readResponse(text: string, maxHeaders: number): ResponseHead {
  const lines = new Lines(text, 0);
  const line = lines.next();
  const match = /^HTTP\/(\d)\.(\d)[ \t]+([1-9]\d\d)(?:[ \t]+(.*))?$/s.exec(line);
  if (!match) throw new Refused(PARSE_BAD_REQUEST);
  const head: ResponseHead = {
    status: Number(match[3]),
    reason: checkedValue(match[4] ?? '').replace(BLANKS_AROUND, ''),
    minor: match[1] === '1' && match[2] === '1' ? 1 : 0,
    headers: parseHeaders(lines, maxHeaders),
    chunked: false,
    close: false,
    keepAlive: false,
    upgrade: false,
    consumed: lines.at,
  };
  const { headers } = head;
  framing(head);
  if (head.status === 304) head.chunked = false;
  else if (head.status < 200 || head.status === 204) {
    if (head.chunked) throw new Refused(PARSE_TRANSFER_ENCODING_NOT_ALLOWED);
    if (head.contentLength) throw new Refused(PARSE_CONTENT_LENGTH_NOT_ALLOWED);
    head.contentLength = undefined;
    remove(headers, 'content-length');
  }
  join(headers, INLINE_IN_RESPONSES);
  const words = tokens(headers, 'connection').map((token) => token.toLowerCase());
  head.keepAlive = words.includes('keep-alive');
  head.close = words.includes('close') || (head.minor === 0 && (!head.keepAlive || head.chunked));
  if (tokens(headers, 'proxy-connection').some((token) => token.toLowerCase() === 'close')) head.close = true;
  remove(headers, 'proxy-connection');
  remove(headers, 'keep-alive');
  if (head.status === 101 && words.includes('upgrade') && find(headers, 'upgrade')) {
    head.upgrade = true;
    keepUpgradeOnly(
      headers,
      tokens(headers, 'connection').findLast((token) => token.toLowerCase() === 'upgrade') ?? '',
    );
  } else {
    remove(headers, 'connection');
    remove(headers, 'upgrade');
  }
  return head;
}

function settle<T>(read: () => T): T | number {
  try {
    return read();
  } catch (error) {
    if (error instanceof Refused) return error.code;
    throw error;
  }
}

/** A request head, or a PARSE_* code. */
export function parseRequest(bytes: Buffer, maxHeaders: number, flags: number): RequestHead | number {
  return settle(() => readRequest(bytes.toString('latin1'), maxHeaders, flags));
}

/** A response head, or a PARSE_* code. */
export function parseResponse(bytes: Buffer, maxHeaders: number): ResponseHead | number {
  return settle(() => readResponse(bytes.toString('latin1'), maxHeaders));
}

/** A chunked body that lies whole in `bytes`: its data and what it took, or undefined if it is broken or not complete. */
export function decodeChunked(bytes: Buffer): { data: Buffer; consumed: number } | undefined {
  const pieces: Buffer[] = [];
  let at = 0;
  while (true) {
    const end = bytes.indexOf('\r\n', at);
    if (end < 0) return undefined;
    const size = /^([0-9A-Fa-f]{1,16})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/.exec(bytes.toString('latin1', at, end));
    if (!size) return undefined;
    const length = parseInt(size[1], 16);
    at = end + 2;
    if (length === 0) break;
    if (at + length + 2 > bytes.length) return undefined;
    pieces.push(bytes.subarray(at, at + length));
    at += length;
    if (bytes.readUInt16BE(at) !== 0x0d0a) return undefined;
    at += 2;
  }
  const lines = new Lines(bytes.toString('latin1', at), 0);
  const trailers = settle(() => parseHeaders(lines, Infinity));
  if (typeof trailers === 'number') return undefined;
  return { data: pieces.length === 1 ? pieces[0] : Buffer.concat(pieces), consumed: at + lines.at };
}
