// A core with one listener whose filter chains name what its listener filters have found, and connections that are fed by hand: the
// bytes so far stand in the receive buffer each time, as MSG_PEEK shows them.
import * as abi from '../../assembly/abi.js';
import { AccessLogs } from '../../host/access_log/access_logs.js';
import { buildListener } from '../../host/compile/listener_object.js';
import { RouteDirectory } from '../../host/compile/route_directory.js';
import { decodeBootstrap } from '../../host/config/bootstrap.js';
import { Descriptors } from '../../host/config/descriptors.js';
import { hasErrors, type Finding } from '../../host/config/finding.js';
import { ConfigSource } from '../../host/config/source.js';
import { CHECKED_ONLY } from '../../host/asking/listener_askers.js';
import { prepareListeners } from '../../host/control/configuration.js';
import type { PrepareContext } from '../../host/control/listener_parts.js';
import { NameIndices } from '../../host/core/name_indices.js';
import { RuntimeKeys } from '../../host/runtime/keys.js';
import { Retirement } from '../../host/core/retirement.js';
import { encodeAddress, formatIpv6, ipAddress } from '../../host/io/address.js';
import { bootstrap } from './bootstrap.js';
import { testCore, type TestCore } from './core.js';

type Json = Record<string, unknown>;

const FILTERS = 'type.googleapis.com/envoy.extensions.filters.listener.';
const HCM = 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
const ROUTER = 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router';
const STDOUT = 'type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog';

const TYPES: Readonly<Record<string, string>> = {
  original_dst: 'original_dst.v3.OriginalDst',
  tls_inspector: 'tls_inspector.v3.TlsInspector',
  http_inspector: 'http_inspector.v3.HttpInspector',
  proxy_protocol: 'proxy_protocol.v3.ProxyProtocol',
};

export function listenerFilter(name: string, config: Json = {}, filter: Json = {}): Json {
  return { name, typed_config: { '@type': FILTERS + TYPES[name], ...config }, ...filter };
}

const MATCHES: Readonly<Record<string, Json>> = {
  'http/1.0': { transport_protocol: 'raw_buffer', application_protocols: ['http/1.0'] },
  'http/1.1': { transport_protocol: 'raw_buffer', application_protocols: ['http/1.1'] },
  h2c: { transport_protocol: 'raw_buffer', application_protocols: ['h2c'] },
  'tls-h2': { transport_protocol: 'tls', application_protocols: ['h2'] },
  'tls-http/1.1': { transport_protocol: 'tls', application_protocols: ['http/1.1'] },
  'tls-istio': { transport_protocol: 'tls', application_protocols: ['istio'] },
  tls: { transport_protocol: 'tls' },
  raw: { transport_protocol: 'raw_buffer' },
};

/** Chains named after what they match, with `network` of each name as their filter. */
export function inspectedChains(network: (name: string) => Json): Json[] {
  return Object.entries(MATCHES).map(([name, match]) => ({
    name,
    filter_chain_match: match,
    filters: [network(name)],
  }));
}

function manager(name: string): Json {
  const route = { match: { prefix: '/' }, direct_response: { status: 200 } };
  const config = {
    '@type': HCM,
    stat_prefix: name,
    access_log: [{ name: 'log', typed_config: { '@type': STDOUT } }], // what was found is kept for it
    http_filters: [{ name: 'router', typed_config: { '@type': ROUTER } }],
    route_config: { virtual_hosts: [{ name: 'v', domains: ['*'], routes: [route] }] },
  };
  return { name: 'hcm', typed_config: config };
}

/** What has become of a connection. */
export interface Verdict {
  /** The filter chain; null: closed, or still waiting. */
  chain: string | null;
  closed: boolean;
  serverName?: string;
  remote?: string;
  local?: string;
  /** Bytes that were taken out of the kernel. */
  consumed: number;
}

const SLOT_CHAIN = 160; // offsets of Slot, FilterChain, Found and ConnFacts
const SLOT_FOUND = 164;
const CHAIN_NAME = 12;
const FOUND_NAME_LENGTH = 20;
const FOUND_TEXTS = 64;
const SLOT_FACTS = 176;
const PEER = '192.0.2.1:40000';
const LOCAL = '127.0.0.1:10000';

export class ListenerWorld {
  readonly t: TestCore = testCore();
  /** Stands behind the bytes that have come. */
  poison = 0x23;

  constructor(filters: readonly Json[], listener: Json = {}) {
    const { control } = this.t;
    const address = { socket_address: { address: '127.0.0.1', port_value: 10000 } };
    const json = {
      name: 'l',
      address,
      listener_filters: filters,
      filter_chains: inspectedChains(manager),
      ...listener,
    };
    const source = new ConfigSource('world.json', JSON.stringify(bootstrap(1, [json], {})));
    const decoded = decodeBootstrap([source], { unsupportedFields: 'refuse', descriptors: new Descriptors() });
    const findings: Finding[] = [...decoded.findings];
    const routes = new RouteDirectory(control, new Retirement(control));
    const context: PrepareContext = {
      core: control,
      clusters: { indices: new NameIndices(1, 'clusters'), indexOf: () => undefined },
      runtimeKeys: new RuntimeKeys(control),
      routeIndices: routes.indices,
      accessLogs: new AccessLogs(),
      dry: true,
      checkRds: () => [],
      askers: CHECKED_ONLY,
    };
    const [compiled] = prepareListeners(decoded.bootstrap, context, findings);
    if (hasErrors(findings)) throw new Error(findings.map((f) => `${f.path}: ${f.message}`).join('\n'));
    const built = buildListener(control, compiled.model, {
      index: 0,
      stats: 2000,
      filterStats: compiled.model.filters.map(() => 3000),
      accessLog: undefined,
      chains: compiled.chains.map(({ accessLog }, i) => ({
        serial: i + 1,
        networkStats: 4000,
        routeConfig: 0,
        accessLog: accessLog && { ...accessLog, need: 0 },
      })),
      localInfo: { cluster: '', node: '', address: '192.0.2.9' },
    });
    control.exports.publish(abi.LISTENER_DIR, built.address);
  }

  /** Feeds `bytes` in pieces that end at `cuts`, and once whole. */
  feed(bytes: Uint8Array, cuts: readonly number[] = []): Verdict {
    const slot = this.accept();
    let consumed = 0;
    for (const end of [...cuts, bytes.length]) {
      // Bytes that are taken out of the kernel may make the core ask again.
      for (let again = true; again && this.kind(slot) === abi.KIND_DOWNSTREAM_NEW;) {
        const seen = bytes.subarray(consumed, Math.min(end, consumed + abi.RX_SIZE));
        if (seen.length === 0) break;
        this.show(seen);
        this.t.worker.exports.onData(slot, seen.length);
        const commands = this.takeCommands(slot);
        consumed += commands.discarded;
        again = commands.discarded > 0;
      }
    }
    const verdict = this.verdict(slot, consumed);
    this.leave(slot);
    return verdict;
  }

  /** What is still held; 0 when nothing is. */
  leftovers(): number {
    const { worker, W } = this.t;
    return worker.exports.bufferBytes() + worker.u32[(W + abi.WORKER_OPEN_DOWNSTREAM) >> 2];
  }

  private accept(): number {
    const { worker, W } = this.t;
    const at = W + abi.W_HOST;
    encodeAddress(worker.view, at, ipAddress('192.0.2.1', 40000)!);
    encodeAddress(worker.view, at + 128, ipAddress('127.0.0.1', 10000)!);
    const slot = worker.exports.onAccept(0, 7, at, at + 128);
    this.takeCommands(slot);
    return slot;
  }

  private show(bytes: Uint8Array): void {
    const { worker, W } = this.t;
    worker.u8.fill(this.poison, W + abi.W_RX, W + abi.W_RX + abi.RX_SIZE + 64);
    worker.u8.set(bytes, W + abi.W_RX);
  }

  private takeCommands(slot: number): { discarded: number } {
    const { worker, W } = this.t;
    let discarded = 0;
    for (let i = 0; i < worker.u32[(W + abi.WORKER_COMMANDS) >> 2]; i += 16) {
      const [op, of, a] = worker.u32.subarray((W + abi.W_COMMANDS + i) >> 2);
      if (op === abi.CMD_DISCARD && of === slot) discarded += a;
    }
    worker.u32[(W + abi.WORKER_COMMANDS) >> 2] = 0;
    return { discarded };
  }

  private at(slot: number): number {
    return this.t.W + abi.W_SLOTS + slot * abi.SLOT_SIZE;
  }

  private kind(slot: number): number {
    return this.t.worker.u8[this.at(slot) + abi.SLOT_KIND];
  }

  private verdict(slot: number, consumed: number): Verdict {
    const { u32 } = this.t.worker;
    const s = this.at(slot) >> 2;
    const closed = this.kind(slot) === abi.KIND_CLOSED;
    const chain = u32[s + (SLOT_CHAIN >> 2)];
    if (closed || chain === 0) return { chain: null, closed, consumed };
    const name = this.text(u32[(chain + CHAIN_NAME) >> 2], u32[(chain + CHAIN_NAME + 4) >> 2]);
    const found = u32[s + (SLOT_FOUND >> 2)];
    const length = found === 0 ? 0 : this.t.worker.view.getUint16(found + FOUND_NAME_LENGTH, true);
    const serverName = length === 0 ? {} : { serverName: this.text(found + FOUND_TEXTS, length) };
    return { chain: name, closed, consumed, ...serverName, ...this.addresses(slot) };
  }

  private addresses(slot: number): { remote?: string; local?: string } {
    const { view, u8 } = this.t.worker;
    const facts = this.at(slot) + SLOT_FACTS;
    const text = (at: number, port: number, family: number): string => {
      const bytes = u8.slice(facts + at, facts + at + 16);
      const host = u8[facts + family] === 6 ? `[${formatIpv6(bytes)}]` : bytes.subarray(0, 4).join('.');
      return `${host}:${view.getUint16(facts + port, true)}`;
    };
    const [remote, local] = [text(0, 48, 54), text(16, 50, 55)];
    return { ...(remote === PEER ? {} : { remote }), ...(local === LOCAL ? {} : { local }) };
  }

  private text(address: number, length: number): string {
    return Buffer.from(this.t.worker.u8.slice(address, address + length)).toString('latin1');
  }

  private leave(slot: number): void {
    const x = this.t.worker.exports;
    if (this.kind(slot) !== abi.KIND_CLOSED) x.onEof(slot);
    if (this.kind(slot) !== abi.KIND_CLOSED) x.onFlushed(slot);
    x.onClosed(slot);
    this.takeCommands(slot);
  }
}
