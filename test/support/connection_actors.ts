// Clients and endpoints of connection scripts. Every body is made of the id of its request, so that a byte that went the wrong way
// is seen; heads are read with the JavaScript reference (bench/reference/http1.ts), bodies by the few lines below.
import { parseRequest, parseResponse, type Head } from '../../bench/reference/http1.js';
import { PARSE_PARTIAL } from '../../assembly/abi.js';
import { DIRECT_BODY } from './connection_world.js';
import type { Dice, SimulatedSocket } from './simulated_host.js';

/** `length` bytes that belong to request `id` and nothing else. */
export function pattern(prefix: 'q' | 'r', id: number, length: number): Buffer {
  return Buffer.alloc(length, `${prefix}${id}.`, 'latin1');
}

function fail(message: string): never {
  throw new Error(message);
}

function checkPattern(prefix: 'q' | 'r', id: number, bytes: Buffer, whose: string): void {
  if (bytes.equals(pattern(prefix, id, bytes.length))) return;
  const expected = pattern(prefix, id, bytes.length);
  const at = bytes.findIndex((b, i) => b !== expected[i]);
  fail(
    `${whose} ${id}: foreign byte at ${at}: ${JSON.stringify(bytes.toString('latin1', Math.max(0, at - 20), at + 40))}`,
  );
}

interface Body {
  readonly data: Buffer;
  readonly used: number;
  readonly complete: boolean;
}

function readChunks(bytes: Buffer): Body {
  const data: Buffer[] = [];
  let at = 0;
  const partial = (): Body => ({ data: Buffer.concat(data), used: bytes.length, complete: false });
  for (;;) {
    const end = bytes.indexOf('\r\n', at);
    if (end < 0) return partial();
    const line = bytes.toString('latin1', at, end);
    if (!/^[0-9a-f]+$/i.test(line)) fail(`no chunk size: ${JSON.stringify(line.slice(0, 80))}`);
    const size = parseInt(line, 16);
    at = end + 2;
    if (size === 0) {
      for (;;) {
        const stop = bytes.indexOf('\r\n', at);
        if (stop < 0) return partial();
        const last = stop === at;
        at = stop + 2;
        if (last) return { data: Buffer.concat(data), used: at, complete: true };
      }
    }
    data.push(bytes.subarray(at, at + size));
    if (at + size + 2 > bytes.length) return partial();
    if (bytes.toString('latin1', at + size, at + size + 2) !== '\r\n') fail('a chunk does not end where it should');
    at += size + 2;
  }
}

function readBody(head: Head, bytes: Buffer, none: boolean, untilEof: boolean): Body {
  if (none) return { data: Buffer.alloc(0), used: 0, complete: true };
  if (head.chunked) return readChunks(bytes);
  if (head.contentLength === undefined && untilEof) return { data: bytes, used: bytes.length, complete: false };
  const length = Number(head.contentLength ?? 0n);
  return { data: bytes.subarray(0, length), used: Math.min(length, bytes.length), complete: bytes.length >= length };
}

function headerOf(head: Head, name: string): string | undefined {
  return head.headers.find((h) => h.name === name)?.value;
}

export function chunked(body: Buffer, dice: Dice, trailers = false): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length;) {
    const n = Math.min(body.length - at, 1 + dice(dice(3) ? 5000 : 20));
    parts.push(
      Buffer.from(`${n.toString(16)}${dice(8) ? '' : ';x=y'}\r\n`),
      body.subarray(at, at + n),
      Buffer.from('\r\n'),
    );
    at += n;
  }
  parts.push(Buffer.from(trailers ? '0\r\nx-trailer: 1\r\nx-more: 2\r\n\r\n' : '0\r\n\r\n'));
  return Buffer.concat(parts);
}

export function bodySize(dice: Dice): number {
  return [0, 1 + dice(30), 1 + dice(600), 1800 + dice(600), dice(9000), dice(70000), dice(200000)][
    dice(20) ? dice(6) : 6
  ];
}

export interface ClientRequest {
  readonly id: number;
  readonly kind: 'forwarded' | 'direct' | 'missing' | 'upgrade' | 'bad';
  readonly method: string;
  readonly bodyLength: number;
  readonly bytes: Buffer;
  /** Of the client. */
  port?: number;
}

const PROXY = 'PROXY TCP4 ';

const BAD = [
  'BAD\r\n\r\n',
  'GET / HTTP/1.1\r\n\r\n',
  'GET /wide/0 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
  'POST /wide/0 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
  'POST /direct HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n',
  'GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n',
];

export function makeRequest(id: number, dice: Dice, last: boolean): ClientRequest {
  const choice = dice(40);
  if (choice < 2) return { id, kind: 'bad', method: 'GET', bodyLength: 0, bytes: Buffer.from(BAD[dice(BAD.length)]) };
  const cluster = ['wide', 'wide', 'wide', 'tight', 'tight', 'far', 'far', 'told', 'told'][dice(9)];
  const path = `/${cluster}/${id}`;
  const to = `X-To: ${dice(20) ? `192.0.2.${dice(4)}:80` : 'nowhere'}`;
  if (choice < 5 && last) {
    const head = `GET ${path} HTTP/1.1\r\nHost: a\r\n${to}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
    const early = dice(2) ? 0 : bodySize(dice);
    const bytes = Buffer.concat([Buffer.from(head), pattern('q', id, early)]);
    return { id, kind: 'upgrade', method: 'GET', bodyLength: early, bytes };
  }
  const kind = choice < 9 ? 'direct' : choice < 11 ? 'missing' : 'forwarded';
  const target = kind === 'direct' ? '/direct' : kind === 'missing' ? '/nowhere' : path;
  const method = ['GET', 'GET', 'GET', 'HEAD', 'PUT', 'POST', 'POST'][dice(7)];
  const withBody = method.startsWith('P');
  const bodyLength = withBody ? bodySize(dice) : 0;
  const body = pattern('q', id, bodyLength);
  const asChunks = withBody && dice(2) === 0;
  const lines = [`${method} ${target} HTTP/1.1`, 'Host: a', to];
  if (dice(4) === 0) lines.push(`X-Long: ${'v'.repeat(dice(dice(3) ? 300 : 6000))}`);
  if (withBody) lines.push(asChunks ? 'Transfer-Encoding: chunked' : `Content-Length: ${bodyLength}`);
  if (withBody && dice(5) === 0) lines.push('Expect: 100-continue');
  if (dice(25) === 0) lines.push('Connection: close');
  const payload = asChunks ? chunked(body, dice, dice(4) === 0) : body;
  return {
    id,
    kind,
    method,
    bodyLength,
    bytes: Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), payload]),
  };
}

const POISON = 'HTTP/1.1 200 OK\r\ncontent-length: 6\r\nx-id: 999999\r\n\r\npoison';

/** What an endpoint has answered to request `id`, as far as it got. */
export interface Answer {
  readonly framing: 'length' | 'chunked' | 'eof' | 'none' | 'tunnel';
  readonly bodyLength: number;
  readonly whole: boolean;
}

export type Answers = Map<number, Answer[]>;

/** A client connection: writes its requests in pieces, and reads what comes back. */
export class Client {
  private written = 0;
  private received: Buffer = Buffer.alloc(0);
  readonly bytes: Buffer;
  left = false;
  /** Its last request is never sent whole. */
  readonly hangs: boolean;

  constructor(
    readonly socket: SimulatedSocket,
    readonly requests: readonly ClientRequest[],
    private readonly dice: Dice,
  ) {
    const all = Buffer.concat(requests.map((r) => r.bytes));
    this.hangs = dice(10) === 0;
    this.bytes = this.hangs ? all.subarray(0, dice(all.length)) : all;
  }

  get done(): boolean {
    return this.left || this.socket.closed || this.written === this.bytes.length;
  }

  step(everything: boolean): void {
    this.received = Buffer.concat([this.received, this.socket.read()]);
    if (this.done) return;
    const rest = this.bytes.length - this.written;
    const n = everything || this.dice(3) === 0 ? rest : Math.min(rest, 1 + this.dice(this.dice(2) ? 60 : 20000));
    this.socket.write(this.bytes.subarray(this.written, this.written + n));
    this.written += n;
  }

  leave(how: 'end' | 'abort'): void {
    this.left = true;
    this.socket[how]();
  }

  /** Checks everything received so far; returns the number of complete final responses. */
  check(answers: Answers): number {
    this.received = Buffer.concat([this.received, this.socket.read()]);
    let rest = this.received;
    let count = 0;
    while (rest.length !== 0) {
      const head = parseResponse(rest, 200);
      if (head === PARSE_PARTIAL) return count;
      if (typeof head === 'number')
        fail(`not a response (${head}): ${JSON.stringify(rest.toString('latin1', 0, 200))}`);
      rest = rest.subarray(head.consumed);
      if (head.status < 200 && head.status !== 101) continue;
      const request = this.requests[count] ?? fail('a response that no request asked for');
      const id = headerOf(head, 'x-id');
      if (id !== undefined && id !== String(request.id)) fail(`request ${request.id} got the response of ${id}`);
      if (head.status === 101) {
        if (request.kind !== 'upgrade') fail(`request ${request.id} was upgraded`);
        checkPattern('r', request.id, rest, 'tunnel to client');
        return count + 1;
      }
      const none = request.method === 'HEAD' || head.status === 204 || head.status === 304;
      const body = readBody(head, rest, none, true);
      if (id !== undefined) this.checkForwarded(request.id, body, answers.get(request.id) ?? [], none);
      else if (request.kind === 'direct' && head.status === 200 && !none && body.complete)
        if (body.data.toString() !== DIRECT_BODY) fail(`request ${request.id}: another direct response`);
      if (!body.complete) return count;
      rest = rest.subarray(body.used);
      count++;
    }
    return count;
  }

  private checkForwarded(id: number, body: Body, answers: readonly Answer[], none: boolean): void {
    checkPattern('r', id, body.data, 'response');
    if (!body.complete || none) return;
    if (!answers.some((a) => a.whole && a.bodyLength === body.data.length))
      fail(`response ${id} looks complete with ${body.data.length} bytes; sent: ${JSON.stringify(answers)}`);
  }
}

/** The other end of a connection that the core has opened. */
export class UpstreamPeer {
  private input: Buffer = Buffer.alloc(0);
  private output: Buffer = Buffer.alloc(0);
  private after: 'end' | 'abort' | 'nothing' = 'nothing';
  private extra = 0; // bytes at the end of the output that belong to no request
  private answered = true; // the answer to the request being read has been decided
  private tunnel: number | undefined;
  private silent = false;
  private gone = false;
  private proxied: number | undefined; // the client's port, as a PROXY header has said

  constructor(
    readonly socket: SimulatedSocket,
    private readonly answers: Answers,
    private readonly seen: Map<number, number>,
    private readonly known: Map<number, ClientRequest>,
    private readonly dice: Dice,
  ) {}

  get idle(): boolean {
    return this.gone || this.socket.closed || (this.output.length === 0 && this.socket.taken.length === 0);
  }

  step(cooperative: boolean): void {
    this.input = Buffer.concat([this.input, this.socket.read()]);
    if (this.gone) return;
    if (this.tunnel !== undefined) this.inTunnel();
    else this.readRequest(cooperative);
    this.write(cooperative);
  }

  leave(how: 'end' | 'abort'): void {
    this.gone = true;
    // An end would make the half of a body that ends with the connection look whole.
    this.socket[this.output.length === 0 ? how : 'abort']();
  }

  /** Bytes that nobody asked for. They must arrive while the connection is idle: later nobody could tell them from a response. */
  noise(): void {
    const stray = [POISON, 'garbage', 'HTTP/1.1 100 Continue\r\n\r\n'];
    this.socket.write(Buffer.from(stray[this.dice(3)]));
  }

  private write(cooperative: boolean): void {
    if (this.output.length !== 0) {
      const n =
        cooperative || this.dice(2)
          ? this.output.length
          : 1 + this.dice(Math.min(this.output.length, this.dice(2) ? 40 : 30000));
      const all = this.output.length - n <= this.extra;
      this.socket.write(all ? this.output : this.output.subarray(0, n));
      this.output = all ? Buffer.alloc(0) : this.output.subarray(n);
    }
    if (this.output.length !== 0 || this.after === 'nothing') return;
    const how = this.after;
    this.after = 'nothing';
    this.leave(how);
  }

  private inTunnel(): void {
    checkPattern('q', this.tunnel!, this.input, 'tunnel to endpoint');
  }

  // False: there is more to come of it.
  private readProxyHeader(): boolean {
    if (!PROXY.startsWith(this.input.toString('latin1', 0, PROXY.length))) return true;
    const end = this.input.indexOf('\r\n');
    if (end < 0) return false;
    const line = this.input.toString('latin1', 0, end);
    const port = /^PROXY TCP4 192\.0\.2\.1 127\.0\.0\.1 (\d+) 10000$/.exec(line)?.[1] ?? fail(`strange header ${line}`);
    if (this.proxied !== undefined) fail('a second PROXY header');
    this.proxied = Number(port);
    this.input = this.input.subarray(end + 2);
    return this.input.length !== 0;
  }

  private readRequest(cooperative: boolean): void {
    if (this.input.length === 0 || !this.readProxyHeader()) return;
    const head = parseRequest(this.input, 200, 0);
    if (head === PARSE_PARTIAL) return;
    if (typeof head === 'number')
      fail(`the endpoint got no request (${head}): ${JSON.stringify(this.input.toString('latin1', 0, 200))}`);
    const id = Number(/^\/(?:wide|tight|far|told)\/(\d+)$/.exec(head.path)?.[1] ?? fail(`strange path ${head.path}`));
    if (id === 0) return; // of BAD: its head may be on its way before its body proves broken
    const request = this.known.get(id) ?? fail(`unknown request ${id}`);
    const told = head.path.startsWith('/told/') ? request.port : undefined;
    if (this.proxied !== told) fail(`request ${id} is of ${told}, and its connection of ${this.proxied}`);
    const behind = this.input.subarray(head.consumed);
    if (head.upgrade) return this.upgrade(id, behind);
    const body = readBody(head, behind, false, false);
    checkPattern('q', id, body.data, 'request');
    if (this.answered && this.silent) {
      if (!cooperative) return;
      this.silent = false;
    }
    if (this.answered || !this.begun) this.begin(id, request, head.method, body.complete, cooperative);
    if (!body.complete) return;
    if (body.data.length !== request.bodyLength) fail(`request ${id} came with ${body.data.length} bytes of body`);
    const early = this.begun === 'answered' && this.output.length === 0;
    if (this.begun === 'waiting') this.answer(id, head.method, cooperative);
    if (this.silent) return;
    this.begun = '';
    this.input = this.input.subarray(head.consumed + body.used);
    if (!early && this.input.length !== 0) fail('a request was sent before the response to the one before it had come');
    this.readRequest(cooperative); // the one behind an early response may be here already
  }

  private begun: '' | 'waiting' | 'answered' = '';

  private begin(id: number, request: ClientRequest, method: string, complete: boolean, cooperative: boolean): void {
    if (this.begun !== '') return;
    const times = (this.seen.get(id) ?? 0) + 1;
    if (times > (method === 'POST' || request.bodyLength ? 1 : 2)) fail(`request ${id} was sent ${times} times`);
    this.seen.set(id, times);
    this.begun = 'waiting';
    if (!complete && !cooperative && this.dice(6) === 0) this.answer(id, method, cooperative);
  }

  private upgrade(id: number, behind: Buffer): void {
    if (this.dice(3)) {
      const length = bodySize(this.dice);
      this.note(id, { framing: 'tunnel', bodyLength: length, whole: true });
      this.output = Buffer.concat([
        Buffer.from(
          `HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\nx-id: ${id}\r\n\r\n`,
        ),
        pattern('r', id, length),
      ]);
      this.tunnel = id;
      this.input = behind;
      if (this.dice(3) === 0) this.after = 'end';
    } else {
      this.answer(id, 'GET', true);
      this.input = Buffer.alloc(0);
    }
  }

  private note(id: number, answer: Answer): void {
    this.answers.set(id, [...(this.answers.get(id) ?? []), answer]);
  }

  private answer(id: number, method: string, cooperative: boolean): void {
    const { dice } = this;
    const fate = cooperative ? 99 : dice(60);
    this.silent = fate === 0;
    if (this.silent) return;
    this.begun = 'answered';
    if (fate === 1) return this.leave('end');
    if (fate === 2) return this.leave('abort');
    const status = dice(12) ? 200 : [204, 304, 205, 404][dice(4)];
    const bodiless = status === 204 || status === 304;
    const length = bodiless ? 0 : bodySize(dice);
    const framing = bodiless ? 'none' : (['length', 'length', 'chunked', 'chunked', 'eof'] as const)[dice(5)];
    const lines = [`HTTP/1.1 ${status} Status`, `x-id: ${id}`];
    if (dice(5) === 0) lines.push(`x-long: ${'v'.repeat(dice(dice(3) ? 500 : 7000))}`);
    if (framing === 'length') lines.push(`content-length: ${length}`);
    if (framing === 'chunked') lines.push('transfer-encoding: chunked');
    const closes = framing === 'eof' || dice(12) === 0;
    if (closes && dice(2)) lines.push('connection: close');
    const body = method === 'HEAD' ? Buffer.alloc(0) : pattern('r', id, length);
    const payload = framing === 'chunked' && method !== 'HEAD' ? chunked(body, dice, dice(5) === 0) : body;
    const interim = dice(6)
      ? ''
      : 'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n'.slice(dice(2) ? 0 : 41);
    let bytes: Buffer = Buffer.concat([Buffer.from(`${interim}${lines.join('\r\n')}\r\n\r\n`), payload]);
    this.after = framing === 'eof' && method !== 'HEAD' ? 'end' : closes ? 'end' : 'nothing';
    let whole = true;
    if (fate >= 4 && fate < 8) {
      const keep = 1 + dice(bytes.length - 1);
      const inBody = keep >= bytes.length - payload.length; // with the head alone, it has a body of no bytes
      whole = framing === 'eof' && fate < 6 && inBody;
      bytes = bytes.subarray(0, keep);
      this.after = fate < 6 ? 'end' : 'abort';
      if (whole) return this.put(id, bytes, { framing, bodyLength: keep - (head(bytes) ?? 0), whole });
    } else if (fate === 8) bytes = Buffer.from('garbage\r\n\r\n');
    else if (fate < 12 && framing !== 'eof') {
      bytes = Buffer.concat([bytes, Buffer.from(POISON)]);
      this.extra = POISON.length;
    }
    this.put(id, bytes, { framing, bodyLength: length, whole: whole && fate !== 8 });
  }

  private put(id: number, bytes: Buffer, answer: Answer): void {
    this.note(id, answer);
    this.output = bytes;
  }
}

// Where the body of a final response begins.
function head(bytes: Buffer): number | undefined {
  for (let at = 0; ;) {
    const end = bytes.indexOf('\r\n\r\n', at);
    if (end < 0) return undefined;
    if (!bytes.toString('latin1', at, at + 12).startsWith('HTTP/1.1 1')) return end + 4;
    at = end + 4;
  }
}
