// The core against the pure-JavaScript path: heads made of plausible and hostile parts, then mutated, must be read the same way by
// both, to the byte. The seed is printed by fast-check when a case fails.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decodeChunked,
  parseRequest as parseRequestInJs,
  parseResponse as parseResponseInJs,
  type RequestHead,
  type ResponseHead,
} from '../../bench/reference/http1.js';
import { testCore } from '../support/core.js';
import { FUZZ_SEED } from '../support/fuzz_seed.js';
import { CHUNK_DONE, ChunkReader, parseRequest, parseResponse, type ParsedHead } from '../support/http1.js';

// Requests, responses and half as many bodies: 100,000 in all.
const RUNS = Number(process.env['WEFT_DIFFERENTIAL_RUNS'] ?? 40_000);
const t = testCore();

const end = fc.constantFrom('\r\n', '\r\n', '\r\n', '\r\n', '\n', '\r', '\r\r\n');
const blank = fc.constantFrom('', ' ', ' ', ' ', '  ', '\t');
const name = fc.constantFrom(
  ...'Host host Content-Length content-length Transfer-Encoding Connection Keep-Alive Proxy-Connection TE Upgrade Expect'.split(
    ' ',
  ),
  ...'X-Forwarded-For X-Request-Id Accept Cookie HTTP2-Settings foo A a-b_c|~ a:b a(b é : Trailer x-forwarded-proto'.split(
    ' ',
  ),
  'a b',
  '',
);
const value = fc.constantFrom(
  ...'a 5 05 0 1,2 +5 -1 0x10 18446744073709551616 9223372036854775807 9223372036854775808 chunked Chunked gzip,chunked'.split(
    ' ',
  ),
  ...'close keep-alive Upgrade upgrade,close foo te,foo host connection,content-length x-forwarded-for trailers websocket'.split(
    ' ',
  ),
  ...'h2c 100-continue 100-Continue example.com example.com:80 [::1] a@b a/b é :path http2-settings a,b,c,d,e,f,g,h,i,j'.split(
    ' ',
  ),
  '',
  'a b',
  'gzip, trailers',
  'keep-alive, Upgrade',
  ' a\t',
  'a\0b',
  'a\x7fb',
  'a\x01b',
  'a\r\n b',
  'a \n\t b ',
  '\r\n 5',
  'x'.repeat(300),
);
const hostileLine = fc
  .tuple(name, fc.constantFrom(':', ':', ':', ':', ': ', ' :', ''), blank, value, blank, end)
  .map((x) => x.join(''));
// Lines that are fine by themselves, so that what they mean together is tried too.
const sensibleLine = fc
  .tuple(
    fc.constantFrom(
      ...'Connection: Connection: Connection: TE: Upgrade: Upgrade: Expect: Via: accept: ETag: cookie: Keep-Alive: Proxy-Connection: foo: host:'.split(
        ' ',
      ),
    ),
    fc.constantFrom(
      ...'close keep-alive Upgrade te foo trailers h2c websocket 100-continue host b'.split(' '),
      'te, Upgrade',
    ),
  )
  .map(([n, v]) => `${n} ${v}\r\n`);
const framingLine = fc.constantFrom(
  'Content-Length: 5\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Content-Length: 0\r\n',
  '',
);
const line = fc.oneof({ weight: 3, arbitrary: sensibleLine }, { weight: 1, arbitrary: hostileLine });
const method = fc.constantFrom(
  ...'GET GET GET POST PUT HEAD OPTIONS CONNECT QUERY M-SEARCH FOO get UNSUBSCRIBEX'.split(' '),
  '',
);
const target = fc.constantFrom(
  ...'/ /a?b=c#d * ** http://b/c https://b:80 HTTP://u:p@b?x http://[::1]:8/ ftp://b/ http:/b b:80 b b:99999 /é //a'.split(
    ' ',
  ),
  '',
  '/a\0',
);
const version = fc.constantFrom(
  ...'HTTP/1.1 HTTP/1.1 HTTP/1.1 HTTP/1.0 HTTP/1.2 HTTP/2.0 HTTP/1.1x http/1.1 HTTP/11'.split(' '),
  '',
);
const hostileRequestLine = fc
  .tuple(fc.constantFrom('', '', '', '\r\n', '\n', '\r', ' '), method, blank, target, blank, version, blank, end)
  .map((x) => x.join(''));
const requestLine = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.constantFrom('GET / HTTP/1.1\r\n', 'POST /a HTTP/1.1\r\nHost: a\r\n', 'CONNECT b:80 HTTP/1.1\r\n'),
  },
  { weight: 1, arbitrary: hostileRequestLine },
);
const hostileStatusLine = fc
  .tuple(
    fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/1.2', 'HTTP/x.1', 'ICY'),
    blank,
    fc.constantFrom(...'200 204 304 100 101 404 99 1000 20x 000 600'.split(' '), ''),
    blank,
    fc.constantFrom('OK', '', 'Not Found', 'é', 'a\x01', ' x '),
    end,
  )
  .map((x) => x.join(''));
const statusLine = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom('HTTP/1.1 200 OK\r\n', 'HTTP/1.1 101 x\r\n', 'HTTP/1.0 204 x\r\n') },
  { weight: 1, arbitrary: hostileStatusLine },
);
const mutation = fc.record({
  at: fc.nat(400),
  byte: fc.integer({ min: 0, max: 255 }),
  kind: fc.constantFrom(0, 0, 0, 1, 2, 3),
});

function mutated(text: string, { at, byte, kind }: { at: number; byte: number; kind: number }): Buffer {
  const b = Buffer.from(text, 'latin1');
  if (kind === 0 || at >= b.length) return b;
  if (kind === 1) b[at] = byte;
  if (kind === 2) return Buffer.concat([b.subarray(0, at), b.subarray(at + 1)]);
  if (kind === 3) return Buffer.concat([b.subarray(0, at), Buffer.from([byte]), b.subarray(at)]);
  return b;
}

function message(start: fc.Arbitrary<string>): fc.Arbitrary<Buffer> {
  // Blank lines and a byte more behind everything: both readers come to an end.
  return fc
    .tuple(start, framingLine, fc.array(line, { maxLength: 5 }), mutation)
    .map(([first, length, lines, m]) => mutated(`${first}${length}${lines.join('')}\r\n\r\n\r\nX`, m));
}

function fromCore(head: ParsedHead): unknown {
  if (head.code <= 0) return head.code;
  const flags = head.flags ?? [];
  return {
    start:
      head.method === undefined ? [head.status, head.reason] : [head.method, head.path, head.authority, head.scheme],
    minor: head.minor,
    flags: flags.filter((f) => f !== 'authority' && f !== 'content-length').sort(),
    contentLength: head.contentLength,
    headers: head.headers,
    consumed: head.code,
  };
}

function fromJs(head: RequestHead | ResponseHead | number): unknown {
  if (typeof head === 'number') return head;
  const request = 'method' in head ? head : undefined;
  const flags: [string, boolean | undefined][] = [
    ['chunked', head.chunked],
    ['close', head.close],
    ['keep-alive', head.keepAlive],
    ['upgrade', head.upgrade],
    ['absolute-form', request?.absoluteForm],
    ['fragment', request?.fragment],
    ['expect-continue', request?.expectContinue],
    ['trailers', request?.trailers],
  ];
  return {
    start:
      'method' in head
        ? [head.method, head.path, head.authority ?? null, head.https ? 1 : 0]
        : [head.status, head.reason],
    minor: head.minor,
    flags: flags
      .filter(([, on]) => on)
      .map(([f]) => f)
      .sort(),
    contentLength: head.contentLength,
    headers: head.headers.map((h) => [h.name, h.value]),
    consumed: head.consumed,
  };
}

test('the core and the pure-JS path read requests the same way', () => {
  let accepted = 0;
  fc.assert(
    fc.property(message(requestLine), fc.constantFrom(100, 3), fc.constantFrom(0, 1), (bytes, maxHeaders, flags) => {
      const ours = fromCore(parseRequest(t, bytes, maxHeaders, flags));
      if (typeof ours === 'object') accepted++;
      expect(ours).toEqual(fromJs(parseRequestInJs(bytes, maxHeaders, flags)));
    }),
    { numRuns: RUNS, seed: FUZZ_SEED },
  );
  expect(accepted).toBeGreaterThan(RUNS / 10); // the generator makes good requests too
});

test('the core and the pure-JS path read responses the same way', () => {
  let accepted = 0;
  fc.assert(
    fc.property(message(statusLine), fc.constantFrom(100, 3), (bytes, maxHeaders) => {
      const ours = fromCore(parseResponse(t, bytes, maxHeaders));
      if (typeof ours === 'object') accepted++;
      expect(ours).toEqual(fromJs(parseResponseInJs(bytes, maxHeaders)));
    }),
    { numRuns: RUNS, seed: FUZZ_SEED },
  );
  expect(accepted).toBeGreaterThan(RUNS / 10);
});

const chunk = fc
  .tuple(
    fc.string({ maxLength: 40, unit: 'binary' }),
    fc.constantFrom('', '', '', ';a=b', ' ;x', ' x', ';\0'),
    fc.constantFrom('\r\n', '\r\n', '\r\n', '\r\n', '\r\n', '\n', ''),
    fc.boolean(),
  )
  .map(([data, extension, after, upper]) => {
    const size = data.length.toString(16);
    return data.length ? `${upper ? size.toUpperCase() : size}${extension}\r\n${data}${after}` : '';
  });
const chunkedBody = fc
  .tuple(
    fc.array(chunk, { maxLength: 5 }),
    fc.constantFrom('0\r\n', '00;x\r\n', '0\n'),
    fc.array(line, { maxLength: 2 }),
    mutation,
  )
  .map(([chunks, last, trailers, m]) => mutated(`${chunks.join('')}${last}${trailers.join('')}\r\n\r\n\r\nX`, m));

test('the core and the pure-JS path decode chunked bodies the same way, whole and in two pieces', () => {
  fc.assert(
    fc.property(chunkedBody, fc.nat(100), (bytes, cut) => {
      const wanted = decodeChunked(bytes);
      const whole = new ChunkReader(t).feed(bytes);
      expect(whole.result === CHUNK_DONE ? { data: whole.data, consumed: whole.consumed } : undefined).toEqual(wanted);
      const reader = new ChunkReader(t);
      const first = reader.feed(bytes.subarray(0, cut));
      if (first.result === CHUNK_DONE) return;
      if (first.result < 0) expect(wanted).toBeUndefined();
      else {
        const second = reader.feed(bytes.subarray(cut));
        const data = Buffer.concat([first.data, second.data]);
        const consumed = first.consumed + second.consumed;
        expect(second.result === CHUNK_DONE ? { data, consumed } : undefined).toEqual(wanted);
      }
    }),
    { numRuns: RUNS / 2, seed: FUZZ_SEED },
  );
});
