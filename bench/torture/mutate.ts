// Requests and responses as attackers write them: a good message with a few of its bytes or lines made odd.
import type { Random } from './random.js';

const ODD = [
  '\0',
  '\r',
  '\n',
  '\r\n',
  ' ',
  '\t',
  '\v',
  ',',
  ';',
  ':',
  '"',
  '\\',
  '\x7f',
  '\x80',
  '\xff',
  '0',
  '+',
  '-',
  'x',
];

const FRAMING_LINES = [
  'Content-Length: 5',
  'Content-Length: 0',
  'Content-Length: 05',
  'Content-Length: +5',
  'Content-Length: 5, 5',
  'Content-Length : 5',
  'content-length:\t5',
  'Content-Length: 4294967301',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding : chunked',
  'Transfer-Encoding: xchunked',
  'Transfer-Encoding: chunked, identity',
  'Transfer-Encoding:\tchunked',
  'Transfer-Encoding: \vchunked',
  'Transfer-Encoding: CHUNKED',
  'Transfer-Encoding:\r\n chunked',
  'X: y\r\n Transfer-Encoding: chunked',
  'X: y\nTransfer-Encoding: chunked',
  'X: y\rTransfer-Encoding: chunked',
  'Transfer_Encoding: chunked',
  'Connection: content-length',
  'Connection: transfer-encoding',
  'Expect: 100-continue',
  'Upgrade: h2c',
  'Trailer: content-length',
];

const BODIES = [
  'hello',
  '',
  '0\r\n\r\n',
  '5\r\nhello\r\n0\r\n\r\n',
  '5;a=b\r\nhello\r\n0\r\n\r\n',
  '05\r\nhello\r\n0\r\n\r\n',
  '5\r\nhello\r\n0\r\ncontent-length: 3\r\n\r\n',
  '5\nhello\r\n0\r\n\r\n',
  '5\r\nhello\n0\r\n\r\n',
  '0x5\r\nhello\r\n0\r\n\r\n',
  'GET /smuggled HTTP/1.1\r\nhost: a.example\r\n\r\n',
  '1f\r\nGET /smuggled HTTP/1.1\r\nhost: a\r\n0\r\n\r\n',
];

/** One request with zero to three odd framing lines, some bytes changed. */
export function oddRequest(random: Random, path: string): string {
  const method = random.pick(['GET', 'POST', 'PUT', 'HEAD', 'OPTIONS', 'DELETE']);
  const version = random.chance(95) ? 'HTTP/1.1' : random.pick(['HTTP/1.0', 'HTTP/1.2']);
  const lines = ['host: a.example', ...pickSome(random, FRAMING_LINES, 3)];
  return withOddBytes(
    random,
    `${method} ${path} ${version}\r\n${lines.join('\r\n')}\r\n\r\n${random.pick(BODIES)}`,
    25,
  );
}

/** One response with odd framing whose body, if any, is `body`. */
export function oddResponse(random: Random, body: string): string {
  const status = random.pick([
    '200 OK',
    '200 OK',
    '200 OK',
    '204 No Content',
    '304 Not Modified',
    '100 Continue',
    '404 Not Found',
  ]);
  const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
  const [framing, framed] = random.pick([
    [`content-length: ${body.length}`, body],
    [`content-length: ${body.length}`, body],
    [`content-length: ${body.length + random.below(3)}`, body],
    ['transfer-encoding: chunked', chunked],
    ['transfer-encoding: chunked', chunked],
    [`content-length: ${body.length}\r\ntransfer-encoding: chunked`, chunked],
    ['x-none: 1', body],
  ]);
  const extra = random.chance(20) ? `${random.pick(FRAMING_LINES)}\r\n` : '';
  return withOddBytes(random, `HTTP/1.1 ${status}\r\n${extra}${framing}\r\n\r\n${framed}`, 15);
}

function pickSome<T>(random: Random, choices: readonly T[], most: number): T[] {
  return Array.from({ length: random.below(most + 1) }, () => random.pick(choices));
}

function withOddBytes(random: Random, text: string, percent: number): string {
  let changed = text;
  while (random.chance(percent)) {
    const at = random.below(changed.length + 1);
    const removed = random.below(2);
    changed = changed.slice(0, at) + random.pick(ODD) + changed.slice(at + removed);
  }
  return changed;
}
