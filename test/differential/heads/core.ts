// Asks the core: the same configuration through the compiler, the same heads through the parser, the connection manager's
// functions and the writer.
import {
  FLAG_DPE,
  HEAD_AT_FLAGS,
  HEAD_AT_PATH,
  HEAD_AT_PATH_LENGTH,
  REPLY_PARSE,
  REPLY_PATH_REDIRECT,
  W_HOST,
  W_OUT,
  W_OUT_END,
  W_REQUEST_HEAD,
  W_RESPONSE_HEAD,
  W_RX,
} from '../../../assembly/abi.js';
import { readListener } from '../../../host/compile/listener.js';
import { buildListener } from '../../../host/compile/listener_object.js';
import { decodeBootstrap } from '../../../host/config/bootstrap.js';
import { Descriptors } from '../../../host/config/descriptors.js';
import { hasErrors, type Finding } from '../../../host/config/finding.js';
import { ConfigSource } from '../../../host/config/source.js';
import { HTTP_FILTERS } from '../../../host/filter/http/registry.js';
import { encodeAddress, ipAddress } from '../../../host/io/address.js';
import { bootstrap } from '../../support/bootstrap.js';
import { testCore, type TestCore } from '../../support/core.js';
import { groupListener } from './envoy.js';
import { maskHead, type Group, type HeadCase, type Seen } from './group.js';

const OWN_ADDRESS = '192.0.2.99';
const PORT = 10000;
const ROUTE_TIMEOUT_MS = 15_000;
const DATE = 72; // WorkerState.date
const LISTENER_ONLY = 20; // of its FilterChain
const CHAIN_HCM = 4;
const CLOSE = 4; // HEAD_CLOSE
const UPGRADE = 16; // HEAD_UPGRADE
const LOCAL_CLOSE = 1;
const LOCAL_REQUEST_ENDED = 4;
const LOCAL_GRPC = 8;

export class CoreHeads {
  private readonly t: TestCore = testCore();
  private readonly descriptors = new Descriptors();

  constructor() {
    this.put(this.t.W + DATE, 'Sun, 06 Nov 1994 08:49:37 GMT');
  }

  ask(group: Group): Seen[] {
    const object = this.compile(group);
    const chain = this.t.worker.u32[(object + LISTENER_ONLY) >> 2];
    const hcm = this.t.worker.u32[(chain + CHAIN_HCM) >> 2];
    return group.cases.map((each) => this.run(hcm, group, each));
  }

  private compile(group: Group): number {
    const config = bootstrap(1, [groupListener('group', PORT, group)], { upstream: { endpoints: [1] } });
    const source = new ConfigSource('test.json', JSON.stringify(config));
    const decoded = decodeBootstrap([source], { unsupportedFields: 'refuse', descriptors: this.descriptors });
    const findings: Finding[] = [...decoded.findings];
    const listener = decoded.bootstrap.static_resources?.listeners[0];
    if (!listener) throw new Error('no listener');
    const context = { clusterOf: () => 0, httpFilters: HTTP_FILTERS, asker: () => 0 };
    const model = readListener(listener, 'static_resources.listeners[0]', context, findings);
    if (!model || hasErrors(findings)) throw new Error(findings.map((f) => `${f.path}: ${f.message}`).join('\n'));
    const built = buildListener(this.t.control, model, {
      index: 0,
      stats: 0,
      filterStats: [],
      accessLog: undefined,
      chains: [{ serial: 1, networkStats: 0, routeConfig: 0, accessLog: undefined }],
      localInfo: { cluster: 'cluster', node: 'node', address: OWN_ADDRESS },
    });
    return built.address;
  }

  private run(hcm: number, group: Group, { request, response }: HeadCase): Seen {
    const { t } = this;
    const x = t.worker.exports;
    const head = t.W + W_REQUEST_HEAD;
    const facts = this.facts(group.peer);
    x.scratchReset();
    const end = this.put(t.W + W_RX, `${request.join('\r\n')}\r\n\r\n`);
    const parsed = x.parseRequest(head, t.W + W_RX, end, 100, 0);
    if (parsed <= 0) return { upstream: null, answer: this.reply(hcm, REPLY_PARSE - parsed, undefined, true) };
    const code = x.mutateRequest(hcm as never, head, facts);
    if (code !== 0) {
      const path = code === REPLY_PATH_REDIRECT ? this.path(head) : undefined;
      const flags = t.worker.u32[(head + HEAD_AT_FLAGS) >> 2];
      return { upstream: null, answer: this.reply(hcm, code, path, (flags & (CLOSE | UPGRADE)) !== 0) };
    }
    const capture = x.captureRequest(hcm as never, head, facts);
    x.mutateUpstreamRequest(hcm as never, head, timeoutOf(group));
    const close = (t.worker.u32[(head + HEAD_AT_FLAGS) >> 2] & CLOSE) !== 0;
    const upstream = this.written(x.writeRequestHead(head, t.W + W_OUT, t.W + W_OUT_END));
    return { upstream, answer: this.response(hcm, response, capture, close) };
  }

  private response(hcm: number, lines: readonly string[], capture: number, close: boolean): string[] {
    const { t } = this;
    const x = t.worker.exports;
    const head = t.W + W_RESPONSE_HEAD;
    const end = this.put(t.W + W_RX, `${lines.join('\r\n')}\r\n\r\n`);
    if (x.parseResponse(head, t.W + W_RX, end, 100, 0) <= 0) throw new Error(`not a response: ${lines.join(' | ')}`);
    x.setServiceTime(hcm as never, head, 1);
    x.mutateResponse(hcm as never, head, capture);
    const flags = (head + HEAD_AT_FLAGS) >> 2;
    t.worker.u32[flags] = close ? t.worker.u32[flags] | CLOSE : t.worker.u32[flags] & ~CLOSE;
    return this.written(x.writeResponseHead(head, t.W + W_OUT, t.W + W_OUT_END));
  }

  private reply(hcm: number, code: number, location: string | undefined, close: boolean): string[] {
    const { t } = this;
    const x = t.worker.exports;
    const head = t.W + W_RESPONSE_HEAD;
    x.localReplyBegin(head);
    if (location !== undefined) {
      const value = x.objectNew(location.length + 64) + 32;
      const name = x.headerNameAddress(50);
      this.put(value, location);
      x.headerAdd(head, 50, name, x.headerNameLength(50), value, location.length);
    }
    const closes = close || x.replyStatus(code, true) === 400 || (x.replyFlag(code) & FLAG_DPE) !== 0;
    const grpc = x.isGrpc(t.W + W_REQUEST_HEAD) ? LOCAL_GRPC : 0;
    const flags = LOCAL_REQUEST_ENDED | grpc | (closes ? LOCAL_CLOSE : 0);
    return this.written(x.writeReply(hcm as never, head, code, 0, 0, flags, t.W + W_OUT, t.W + W_OUT_END));
  }

  private facts(peer: string): number {
    const { t } = this;
    const at = t.W + W_HOST;
    const local = peer.includes(':') ? '::1' : '127.0.0.1';
    for (const [i, [address, port]] of (
      [
        [peer, 40000],
        [local, PORT],
      ] as const
    ).entries()) {
      const found = ipAddress(address, port);
      if (found) encodeAddress(t.worker.view, at + 128 + i * 64, found);
    }
    t.worker.exports.factsInit(at, at + 128, at + 192, false);
    return at;
  }

  private path(head: number): string {
    const { u32 } = this.t.worker;
    const at = u32[(head + HEAD_AT_PATH) >> 2];
    return this.text(at, at + u32[(head + HEAD_AT_PATH_LENGTH) >> 2]);
  }

  private written(end: number): string[] {
    if (end === 0) throw new Error('the head does not fit');
    const text = this.text(this.t.W + W_OUT, end);
    return maskHead(text.slice(0, text.indexOf('\r\n\r\n')), [OWN_ADDRESS], PORT);
  }

  private text(start: number, end: number): string {
    return Buffer.from(this.t.worker.u8.subarray(start, end)).toString('latin1');
  }

  private put(at: number, text: string): number {
    const bytes = Buffer.from(text, 'latin1');
    this.t.worker.u8.set(bytes, at);
    return at + bytes.length;
  }
}

function timeoutOf({ route }: Group): number {
  const timeout = route['timeout'];
  return typeof timeout === 'string' ? Number.parseFloat(timeout) * 1000 : ROUTE_TIMEOUT_MS;
}
