// `weft wait` and `weft request`: what containers of a Pod without curl ask the sidecar by.
import { request as httpRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT_FINDINGS, EXIT_OK } from './exit_code.js';
import type { Terminal } from './output.js';
import { badValue, UsageError } from './usage_error.js';

const MAX_ANSWER = 64 * 1024 * 1024; // a dump of statistics may be long
const REQUEST_TIMEOUT_MS = 30_000;
const METHOD = /^[A-Z]{1,16}$/;

/** Milliseconds. */
export interface WaitOptions {
  readonly url: string;
  readonly timeoutMs: number;
  readonly periodMs: number;
  readonly requestTimeoutMs: number;
}

export interface RequestOptions {
  readonly port: number;
  readonly method: string;
  readonly path: string;
  readonly body: string | undefined;
}

interface Asked {
  readonly status: number;
  readonly body: string;
}

/** 0 once the answer is 200, 1 when it is not in time. */
export async function runWait(options: WaitOptions, terminal: Terminal): Promise<number> {
  const { url, timeoutMs, periodMs, requestTimeoutMs } = options;
  if (!URL.canParse(url) || new URL(url).protocol !== 'http:') {
    throw badValue('--url', url, 'http://HOST:PORT/PATH', 'wait');
  }
  const begin = performance.now();
  for (let reason = 'it was not asked'; ; await sleep(periodMs)) {
    const left = timeoutMs - (performance.now() - begin);
    if (left <= 0) {
      terminal.stderr.write(`error[WEFT1511]: ${url} is not ready after ${timeoutMs / 1000} s: ${reason}\n`);
      return EXIT_FINDINGS;
    }
    try {
      const { status, body } = await ask(new URL(url), 'GET', undefined, Math.min(requestTimeoutMs, left));
      if (status === 200) return EXIT_OK;
      reason = `status ${status}${body === '' ? '' : `, ${body.trim().slice(0, 200)}`}`;
    } catch (error) {
      reason = (error as Error).message;
    }
  }
}

/** 0 where the status is 2xx; the body goes to standard output, and to standard error else. */
export async function runRequest({ port, method, path, body }: RequestOptions, terminal: Terminal): Promise<number> {
  if (!METHOD.test(method)) {
    throw new UsageError(
      'WEFT1602',
      `${JSON.stringify(method)} is no method; it is GET, POST, … in upper case`,
      'request',
    );
  }
  const target = `http://127.0.0.1:${port}/${path.replace(/^\//, '')}`;
  if (!URL.canParse(target)) throw new UsageError('WEFT1602', `${JSON.stringify(path)} is no path`, 'request');
  try {
    const answer = await ask(new URL(target), method, body, REQUEST_TIMEOUT_MS);
    const isGood = answer.status >= 200 && answer.status < 300;
    const text = answer.body === '' || answer.body.endsWith('\n') ? answer.body : `${answer.body}\n`;
    if (isGood) terminal.stdout.write(text);
    else terminal.stderr.write(`error[WEFT1511]: ${target} answers with status ${answer.status}\n${text}`);
    return isGood ? EXIT_OK : EXIT_FINDINGS;
  } catch (error) {
    terminal.stderr.write(`error[WEFT1511]: ${target} does not answer: ${(error as Error).message}\n`);
    return EXIT_FINDINGS;
  }
}

function ask(url: URL, method: string, body: string | undefined, timeoutMs: number): Promise<Asked> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(url, { method, agent: false, headers: { connection: 'close' } }, (response) => {
      const pieces: Buffer[] = [];
      let length = 0;
      response.on('data', (piece: Buffer) => {
        length += piece.length;
        if (length <= MAX_ANSWER) pieces.push(piece);
        else sent.destroy(new Error('the answer is too long'));
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(pieces).toString() }));
      response.on('error', reject);
    });
    const timer = setTimeout(() => sent.destroy(new Error(`no answer within ${Math.round(timeoutMs)} ms`)), timeoutMs);
    sent.on('close', () => clearTimeout(timer));
    sent.on('error', reject);
    sent.end(body);
  });
}
