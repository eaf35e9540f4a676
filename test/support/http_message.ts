// Splits recorded bytes into HTTP/1.1 messages, for looking at what a proxy sent. Strict on purpose: what does not read
// cleanly stays in `rest`, where a comparison sees it. Bytes are latin1 strings throughout.

export interface HttpMessage {
  /** Request line or status line. */
  start: string;
  /** Names as sent, in order. */
  headers: [string, string][];
  body: string;
  trailers: [string, string][];
}

export interface Split {
  messages: HttpMessage[];
  /** Bytes after the last complete message. */
  rest: string;
}

/** Requests as an upstream reads them. */
export function splitRequests(bytes: string): Split {
  return split(bytes, (message) => (isTunnel(message) ? 'tunnel' : 'none'));
}

/** Responses as a client reads them; `methods` are those of its requests (default GET), `ended` whether FIN arrived. */
export function splitResponses(bytes: string, methods: string[] = [], ended = false): Split {
  let answered = 0;
  return split(bytes, (message) => {
    const status = statusOf(message);
    const method = methods[Math.min(answered, methods.length - 1)] ?? 'GET';
    if (status === 101 || (method === 'CONNECT' && status >= 200 && status < 300)) return 'tunnel';
    if (status < 200) return 'empty';
    answered++;
    if (method === 'HEAD' || status === 204 || status === 304) return 'empty';
    return ended ? 'eof' : 'incomplete';
  });
}

export function statusOf(message: HttpMessage): number {
  return Number(message.start.split(' ')[1]);
}

/** The value of the first header of that name (lower case). */
export function header(message: HttpMessage, name: string): string | undefined {
  return message.headers.find(([key]) => key.toLowerCase() === name)?.[1];
}

/** Whether a request asks for bytes without framing to follow. */
export function isTunnel(request: HttpMessage): boolean {
  return request.start.startsWith('CONNECT ') || header(request, 'upgrade') !== undefined;
}

/** What follows a head without a length: nothing, nothing even with one, a tunnel, all until the end, or unknown yet. */
type Bodiless = 'none' | 'empty' | 'tunnel' | 'eof' | 'incomplete';

function split(bytes: string, bodiless: (head: HttpMessage) => Bodiless): Split {
  const messages: HttpMessage[] = [];
  let at = 0;
  for (;;) {
    const headEnd = bytes.indexOf('\r\n\r\n', at);
    if (headEnd < 0) return { messages, rest: bytes.slice(at) };
    const message = parseHead(bytes.slice(at, headEnd));
    const kind = bodiless(message); // once: it counts
    const next = readBody(message, bytes, headEnd + 4, kind);
    if (next === undefined) return { messages, rest: bytes.slice(at) };
    messages.push(message);
    at = next;
    if (kind === 'tunnel') return { messages, rest: bytes.slice(at) };
  }
}

function parseHead(text: string): HttpMessage {
  const [start, ...lines] = text.split('\r\n');
  return { start, headers: lines.map(parseLine), body: '', trailers: [] };
}

function parseLine(line: string): [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')];
}

/** Where the message ends, or undefined when it is not complete. */
function readBody(message: HttpMessage, bytes: string, from: number, bodiless: Bodiless): number | undefined {
  if (bodiless === 'empty' || bodiless === 'tunnel') return from;
  if (/chunked$/i.test(header(message, 'transfer-encoding') ?? '')) return readChunks(message, bytes, from);
  const length = header(message, 'content-length');
  if (length !== undefined) {
    const end = from + Number(length);
    if (!(end <= bytes.length)) return undefined;
    message.body = bytes.slice(from, end);
    return end;
  }
  if (bodiless === 'none') return from;
  if (bodiless === 'incomplete') return undefined;
  message.body = bytes.slice(from);
  return bytes.length;
}

function readChunks(message: HttpMessage, bytes: string, from: number): number | undefined {
  let at = from;
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const line = bytes.slice(at, lineEnd);
    if (!/^[0-9a-f]+$/i.test(line)) return undefined;
    const size = parseInt(line, 16);
    at = lineEnd + 2;
    if (size === 0) return readTrailers(message, bytes, at);
    if (bytes.slice(at + size, at + size + 2) !== '\r\n') return undefined;
    message.body += bytes.slice(at, at + size);
    at += size + 2;
  }
}

function readTrailers(message: HttpMessage, bytes: string, from: number): number | undefined {
  if (bytes.startsWith('\r\n', from)) return from + 2;
  const end = bytes.indexOf('\r\n\r\n', from);
  if (end < 0) return undefined;
  message.trailers = bytes.slice(from, end).split('\r\n').map(parseLine);
  return end + 4;
}
