import { expect, test } from 'vitest';
import { PARSE_BAD_REQUEST, PARSE_PARTIAL, PARSE_TOO_MANY_HEADERS, W_OUT } from '../../../assembly/abi.js';
import { testCore } from '../../support/core.js';
import { CHUNK_TRAILERS, ChunkReader, passTrailers } from '../../support/http1.js';

const t = testCore();

function pass(text: string, maxHeaders?: number): { code: number; written?: string } {
  const { code, written } = passTrailers(t, Buffer.from(text, 'latin1'), maxHeaders);
  return { code, written: written?.toString('latin1') };
}

test('trailers go on behind the last chunk, written like headers', () => {
  expect(pass('Grpc-Status:0\r\nX:  a\r\n b\r\n\r\nGET').written).toBe('0\r\ngrpc-status: 0\r\nx: a b\r\n\r\n');
  expect(pass('\r\n').written).toBe('0\r\n\r\n');
});

test('class 13: a trailer never says anything about framing, routing, the hop or who asks', () => {
  const forbidden =
    'Content-Length: 5\r\nTransfer-Encoding: chunked\r\nHost: x\r\nConnection: close\r\nTE: trailers\r\nTrailer: a\r\n' +
    'Authorization: b\r\nCookie: c\r\nSet-Cookie: d\r\nX-Forwarded-For: 1.2.3.4\r\nX-Envoy-Internal: true\r\n' +
    'x-envoy-upstream-rq-timeout-ms: 1\r\nContent-Length: 6\r\nExpect: 100-continue\r\nUpgrade: h2c\r\n';
  expect(pass(`${forbidden}ok: yes\r\n\r\n`).written).toBe('0\r\nok: yes\r\n\r\n');
});

test('a trailer section is as strict as a header section, and bounded', () => {
  expect(pass('A : b\r\n\r\n').code).toBe(PARSE_BAD_REQUEST);
  expect(pass('A: b\rc\r\n\r\n').code).toBe(PARSE_BAD_REQUEST);
  expect(pass('A: b\r\nC: d\r\n\r\n', 1).code).toBe(PARSE_TOO_MANY_HEADERS);
  expect(pass('A: b\r\n').code).toBe(PARSE_PARTIAL);
});

test('the decoder stops in front of trailers that are wanted', () => {
  const { result, data, consumed } = new ChunkReader(t, true).feed(Buffer.from('3\r\nabc\r\n0;x\r\nA: b\r\n\r\n'));
  expect([result, data.toString(), consumed]).toEqual([CHUNK_TRAILERS, 'abc', 13]);
});

test('the size of a chunk is written directly before its data', () => {
  const { chunkHeadBefore } = t.worker.exports;
  for (const n of [1, 9, 10, 15, 16, 255, 256, 65_535, 65_536, 0x7fffffff]) {
    const p = t.W + W_OUT + 100;
    const start = chunkHeadBefore(p, n);
    expect(Buffer.from(t.worker.u8.slice(start, p)).toString()).toBe(`${n.toString(16)}\r\n`);
  }
});
