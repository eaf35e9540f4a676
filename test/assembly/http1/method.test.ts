import { expect, test } from 'vitest';
import { PARSE_BAD_REQUEST, PARSE_INVALID_URL } from '../../../assembly/abi.js';
import { testCore } from '../../support/core.js';
import { parseRequest } from '../../support/http1.js';

// What Envoy 1.40 was seen to serve (QUERY with a Content-Type).
const KNOWN = (
  'ACL BIND CHECKOUT COPY DELETE GET HEAD LINK LOCK MERGE MKACTIVITY MKCALENDAR MKCOL MOVE MSEARCH NOTIFY OPTIONS PATCH ' +
  'POST PROPFIND PROPPATCH PURGE PUT QUERY REBIND REPORT SEARCH SOURCE SUBSCRIBE TRACE UNBIND UNLINK UNLOCK UNSUBSCRIBE'
).split(' ');
const t = testCore();

function codeOf(method: string): number {
  return parseRequest(t, Buffer.from(`${method} / HTTP/1.1\r\nHost: a\r\n\r\n`)).code;
}

test('the methods that Envoy knows are served, and CONNECT wants an authority', () => {
  for (const method of KNOWN) expect([method, codeOf(method) > 0]).toEqual([method, true]);
  expect(codeOf('CONNECT')).toBe(PARSE_INVALID_URL);
});

test('any other method is a bad request, however near it is to a known one', () => {
  const near = KNOWN.flatMap((m) => [
    m.toLowerCase(),
    `${m}X`,
    m.slice(1),
    ...[...m].map((_, i) => `${m.slice(0, i)}Z${m.slice(i + 1)}`),
  ]);
  for (const method of ['FOO', 'M-SEARCH', 'PRI', 'DESCRIBE', 'A', ...near].filter((m) => !KNOWN.includes(m))) {
    expect([method, codeOf(method)]).toEqual([method, PARSE_BAD_REQUEST]);
  }
});
