import { describe, expect, test } from 'vitest';
import { PARSE_HEADERS_TOO_LARGE, PARSE_PARTIAL, PARSE_TOO_MANY_HEADERS, W_OUT } from '../../../assembly/abi.js';
import { testCore } from '../../support/core.js';
import { CHUNK_ERROR, CHUNK_MORE, ChunkReader, parseRequest, parseResponse, writeHead } from '../../support/http1.js';

const t = testCore();

function request(headers: number, name = 'X'): Buffer {
  return Buffer.from(
    `GET / HTTP/1.1\r\n${Array.from({ length: headers }, (_, i) => `${name}-${i}: y\r\n`).join('')}\r\n`,
  );
}

function named(length: number): ReturnType<typeof parseRequest> {
  return parseRequest(t, Buffer.from(`GET / HTTP/1.1\r\n${'n'.repeat(length)}: y\r\n\r\n`));
}

function extended(length: number): Buffer {
  return Buffer.from(`5;${'x'.repeat(length)}\r\nhello\r\n`);
}

describe('class 23: many headers', () => {
  test('the last one allowed is served, one more is too many, whatever follows it', () => {
    expect(parseRequest(t, request(100)).headers).toHaveLength(100);
    expect(parseRequest(t, request(101)).code).toBe(PARSE_TOO_MANY_HEADERS);
    expect(parseRequest(t, Buffer.concat([request(101).subarray(0, -2), Buffer.from('X: \0')])).code).toBe(
      PARSE_TOO_MANY_HEADERS,
    );
    expect(parseRequest(t, request(3), 3).headers).toHaveLength(3);
    expect(parseRequest(t, request(4), 3).code).toBe(PARSE_TOO_MANY_HEADERS);
    expect(parseRequest(t, request(0), 0).headers).toEqual([]);
    expect(parseResponse(t, Buffer.from('HTTP/1.1 200 OK\r\nA: b\r\nC: d\r\n\r\n'), 1).code).toBe(
      PARSE_TOO_MANY_HEADERS,
    );
  });

  test('a limit beyond what a head holds is the limit of the head', () => {
    expect(parseRequest(t, request(2000), 1_000_000).headers).toHaveLength(2000);
    expect(parseRequest(t, request(2001), 1_000_000).code).toBe(PARSE_TOO_MANY_HEADERS);
  });

  test('the same well-known name over and over is kept in order', () => {
    const head = parseRequest(t, Buffer.from(`GET / HTTP/1.1\r\n${'Cookie: a\r\ncookie: b\r\n'.repeat(50)}\r\n`));
    expect(head.headers).toEqual(Array.from({ length: 100 }, (_, i) => ['cookie', i % 2 ? 'b' : 'a']));
  });
});

describe('class 22: large heads', () => {
  test('a head of 60 KiB is parsed, and stays incomplete until its last byte', () => {
    const bytes = Buffer.from(`GET /${'a'.repeat(30_000)} HTTP/1.1\r\nX: ${'b'.repeat(30_000)}\r\n\r\n`);
    const head = parseRequest(t, bytes);
    expect(head.code).toBe(bytes.length);
    expect(head.path).toHaveLength(30_001);
    expect(parseRequest(t, bytes.subarray(0, -1)).code).toBe(PARSE_PARTIAL);
  });

  test('the code for a head beyond the limit is no code of the parser', () => {
    expect(parseRequest(t, Buffer.from(`GET /${'a'.repeat(60_000)}`)).code).not.toBe(PARSE_HEADERS_TOO_LARGE);
  });

  test('a name of 65535 bytes is the longest', () => {
    expect(named(65_300).headers?.[0][0]).toHaveLength(65_300);
    expect(named(65_536).code).toBeLessThan(PARSE_PARTIAL);
  });
});

describe('writing into what is too small', () => {
  test('a head that does not fit is not written, and nothing is written behind the room', () => {
    parseRequest(t, Buffer.from(`POST /${'a'.repeat(100)} HTTP/1.1\r\nHost: h\r\nX: y\r\nZ:  w\r\n\r\n`));
    const whole = writeHead(t, 'request');
    const { u8 } = t.worker;
    const out = t.W + W_OUT;
    for (let room = 0; room < 700; room++) {
      u8.fill(0x7e, out, out + 2000);
      const written = writeHead(t, 'request', room);
      expect(u8.subarray(out + room, out + 2000).every((b) => b === 0x7e)).toBe(true);
      if (written) expect(written).toEqual(whole);
      else expect(room).toBeLessThan((whole?.length ?? 0) + 400);
    }
  });
});

describe('class 12: extensions are bounded', () => {
  test('one of 16 KiB passes, a longer one is refused, in pieces as well', () => {
    expect(new ChunkReader(t).feed(extended(16_000)).result).toBe(CHUNK_MORE);
    expect(new ChunkReader(t).feed(extended(17_000)).result).toBe(CHUNK_ERROR);
    const reader = new ChunkReader(t);
    reader.feed(Buffer.from('5;'));
    const results = Array.from({ length: 20 }, () => reader.feed(Buffer.alloc(1000, 'x')).result);
    expect(results).toContain(CHUNK_ERROR);
  });

  test('class 24: a dropped trailer section is bounded', () => {
    const reader = new ChunkReader(t);
    expect(reader.feed(Buffer.from('0\r\nA: ')).result).toBe(CHUNK_MORE);
    const results = Array.from({ length: 70 }, () => reader.feed(Buffer.alloc(1000, 'x')).result);
    expect(results).toContain(CHUNK_ERROR);
  });
});
