// Parsing and decoding HTTP/1.1: the core, the pure-JavaScript path, undici's llhttp, native httparse.
import { W_HOST, W_OUT, W_REQUEST_HEAD, W_RX } from '../../assembly/abi.js';
import { testCore } from '../../test/support/core.js';
import { decodeChunked, parseRequest, parseResponse } from '../reference/http1.js';
import { answer, type Contender, type MicroCase } from './contender.js';
import { httparseTime } from './httparse.js';
import { llhttpParser } from './llhttp.js';

const MAX_HEADERS = 100;
const BATCH = 64;

const SMALL = Buffer.from('GET /health/a HTTP/1.1\r\nHost: 127.0.0.1:9101\r\nAccept: */*\r\nX-A: bc\r\n\r\n');
const BROWSER = Buffer.from(
  'GET /api/v1/items/12345?expand=true&lang=en HTTP/1.1\r\n' +
    'Host: shop.example.com\r\n' +
    'Connection: keep-alive\r\n' +
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/118.0.0.0 Safari/537.36\r\n' +
    'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,' +
    'application/signed-exchange;v=b3;q=0.7\r\n' +
    'Accept-Encoding: gzip, deflate, br\r\n' +
    'Accept-Language: en-US,en;q=0.9\r\n' +
    'Referer: https://shop.example.com/catalogue/items?page=2&sort=price&order=ascending\r\n' +
    'X-Request-Id: 6f1c2a3b-9d4e-4f50-8a61-7b2c3d4e5f60\r\n' +
    'Cookie: session=0123456789abcdef0123456789abcdef; theme=dark; _ga=GA1.1.1234567890.1690000000; ' +
    `p=${'x'.repeat(34)}\r\n\r\n`,
);
const RESPONSE = Buffer.from(
  'HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Mon, 23 Nov 2026 17:58:58 GMT\r\nContent-Type: application/json\r\n' +
    'Content-Length: 0\r\nConnection: keep-alive\r\nCache-Control: max-age=60, public\r\nVary: Accept-Encoding\r\n\r\n',
);
const CHUNK = 'x'.repeat(1000);
const CHUNKS = 16;
const CHUNKED = Buffer.from(`${`3e8\r\n${CHUNK}\r\n`.repeat(CHUNKS)}0\r\n\r\n`);
const CHUNKED_RESPONSE = Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'), CHUNKED]);

function headerCount(message: Buffer): number {
  return message.toString('latin1').split('\r\n').length - 3;
}

function coreParse(kind: 'request' | 'response', message: Buffer): Contender {
  return {
    name: 'core (WASM)',
    batch: BATCH,
    setup: () => {
      const t = testCore();
      const parse = kind === 'request' ? t.worker.exports.parseRequest : t.worker.exports.parseResponse;
      const p = t.W + W_RX;
      const head = t.W + W_REQUEST_HEAD;
      t.worker.u8.set(message, p);
      const end = p + message.length;
      return () => {
        for (let i = 0; i < BATCH; i++) answer(parse(head, p, end, MAX_HEADERS, 0), message.length);
      };
    },
  };
}

function jsParse(kind: 'request' | 'response', message: Buffer): Contender {
  return {
    name: 'pure JavaScript',
    setup: () => () => {
      const head = kind === 'request' ? parseRequest(message, MAX_HEADERS, 0) : parseResponse(message, MAX_HEADERS);
      answer(typeof head === 'number' ? head : head.consumed, message.length);
    },
  };
}

function llhttpParse(kind: 'request' | 'response', message: Buffer): Contender {
  return {
    name: 'llhttp (undici, WASM)',
    setup: () => {
      const parse = llhttpParser(kind, message);
      const headers = headerCount(message);
      return () => answer(parse().headers, headers);
    },
  };
}

function parseCase(name: string, kind: 'request' | 'response', message: Buffer): MicroCase {
  return {
    name: `${name}, ${message.length} bytes`,
    contenders: [
      coreParse(kind, message),
      { name: 'httparse (Rust)', outside: () => httparseTime(kind, message, headerCount(message)) },
      llhttpParse(kind, message),
      jsParse(kind, message),
    ],
  };
}

const writeCase: MicroCase = {
  name: `write a request head, ${BROWSER.length} bytes`,
  contenders: [
    {
      name: 'core (WASM)',
      batch: BATCH,
      setup: () => {
        const t = testCore();
        const { parseRequest: parse, writeRequestHead } = t.worker.exports;
        const p = t.W + W_RX;
        const head = t.W + W_REQUEST_HEAD;
        const out = t.W + W_OUT;
        t.worker.u8.set(BROWSER, p);
        answer(parse(head, p, p + BROWSER.length, MAX_HEADERS, 0), BROWSER.length);
        const wanted = out + BROWSER.length - 'Connection: keep-alive\r\n'.length;
        return () => {
          for (let i = 0; i < BATCH; i++) answer(writeRequestHead(head, out, out + 4096), wanted);
        };
      },
    },
    {
      name: 'pure JavaScript',
      setup: () => {
        const head = parseRequest(BROWSER, MAX_HEADERS, 0);
        if (typeof head === 'number') throw new Error(`refused: ${head}`);
        const wanted = BROWSER.length - 'Connection: keep-alive\r\n'.length;
        return () => {
          let text = `${head.method} ${head.path} HTTP/1.1\r\nhost: ${head.authority}\r\n`;
          for (const { name, value } of head.headers) text += `${name}: ${value}\r\n`;
          answer(Buffer.from(`${text}\r\n`, 'latin1').length, wanted);
        };
      },
    },
  ],
};

const chunkedCase: MicroCase = {
  name: `decode a chunked body, ${CHUNKS} chunks of ${CHUNK.length} bytes`,
  contenders: [
    {
      name: 'core (WASM), copy included',
      setup: () => {
        const t = testCore();
        const { chunkDecode, chunkDataStart, chunkDataEnd } = t.worker.exports;
        const { u8 } = t.worker;
        const p = t.W + W_RX;
        const state = t.W + W_HOST;
        return () => {
          u8.set(CHUNKED, p); // it is decoded in place
          u8.fill(0, state, state + 16);
          chunkDecode(state, p, p + CHUNKED.length);
          answer(chunkDataEnd.value - chunkDataStart.value, CHUNKS * CHUNK.length);
        };
      },
    },
    {
      name: 'llhttp (undici, WASM)',
      setup: () => {
        const parse = llhttpParser('response', CHUNKED_RESPONSE);
        return () => answer(parse().body, CHUNKS * CHUNK.length);
      },
    },
    {
      name: 'pure JavaScript',
      setup: () => () => answer(decodeChunked(CHUNKED)?.data.length ?? 0, CHUNKS * CHUNK.length),
    },
  ],
};

export const HTTP1_CASES: readonly MicroCase[] = [
  parseCase('parse a browser request', 'request', BROWSER),
  parseCase('parse a small request', 'request', SMALL),
  parseCase('parse a response', 'response', RESPONSE),
  writeCase,
  chunkedCase,
];
