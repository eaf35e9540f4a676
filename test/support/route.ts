// Compiles route configurations into a test core, lays requests down as Heads, and tells what routing made of them.
import * as abi from '../../assembly/abi.js';
import { hasErrors, type Finding } from '../../host/config/finding.js';
import { Decoder } from '../../host/config/decode.js';
import { Descriptors } from '../../host/config/descriptors.js';
import { ConfigSource } from '../../host/config/source.js';
import { compileRouteConfig, type RouteConfiguration } from '../../host/compile/route_config.js';
import { putBytes } from '../../host/core/load.js';
import { RuntimeKeys } from '../../host/runtime/keys.js';
import { testCore, type TestCore } from './core.js';
import { headEntries } from './http1.js';

export interface RouteRequest {
  readonly method?: string; // GET
  readonly authority?: string | null; // null = no Host; default "a.com"
  readonly path?: string; // "" = none (CONNECT)
  readonly headers?: readonly (readonly [string, string])[]; // lower-case names
  readonly random?: bigint;
  readonly scheme?: 'http' | 'https';
}

export type RouteAction = 'none' | 'cluster' | 'cluster_header' | 'redirect' | 'direct_response';
const ACTIONS: RouteAction[] = ['none', 'cluster', 'none', 'cluster_header', 'redirect', 'direct_response'];
const METHODS = ['', 'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'];
const LOCATION_SPACE = 8192;

/** What routing says, in plain values. */
export interface Routed {
  readonly action: RouteAction;
  readonly index: number; // position in its virtual host
  readonly virtualHost: string;
  readonly name: string;
  readonly cluster: string | null;
  readonly status: number;
  readonly body: string;
  readonly timeout: number;
}

let descriptors: Descriptors | undefined;

/** A RouteConfiguration from YAML; throws on what cannot be decoded. */
export function routeConfiguration(yaml: string): RouteConfiguration {
  descriptors ??= new Descriptors();
  const source = new ConfigSource('route.yaml', yaml);
  const decoder = new Decoder(descriptors, source, new Map());
  const message = decoder.decodeRoot(descriptors.type('envoy.config.route.v3.RouteConfiguration'));
  const findings = [...source.findings, ...decoder.findings];
  if (hasErrors(findings)) throw new Error(findings.map((f) => `${f.path}: ${f.message}`).join('\n'));
  return message as unknown as RouteConfiguration;
}

export class RouteTester {
  private readonly clusters: string[] = [];
  private readonly ids = new Map<string, readonly [number, number, number]>();
  private readonly names: number;
  private readonly head: number;
  private readonly location: number;
  object = 0;
  readonly runtime: RuntimeKeys;

  constructor(readonly t: TestCore = testCore()) {
    this.runtime = new RuntimeKeys(t.control);
    this.names = t.control.exports.objectNew(16);
    this.head = t.W + abi.W_REQUEST_HEAD;
    this.location = t.W + abi.W_OUT;
  }

  /** Replaces the configuration; returns the findings. Every cluster name exists. */
  configure(message: RouteConfiguration): readonly Finding[] {
    if (this.object) this.t.control.exports.objectFree(this.object);
    const { object, findings } = compileRouteConfig(this.t.control, message, {
      clusterIndex: (name) => this.clusterIndex(name),
      runtimeKey: (name) => this.runtime.acquire(name) + 1,
      runtime: this.runtime.snapshot,
    });
    this.object = object;
    return findings;
  }

  /** The same from YAML; throws when it is refused. */
  load(yaml: string): this {
    const findings = this.configure(routeConfiguration(yaml));
    if (hasErrors(findings)) throw new Error(findings.map((f) => `${f.path}: ${f.message}`).join('\n'));
    return this;
  }

  clusterIndex(name: string): number {
    const found = this.clusters.indexOf(name);
    return found >= 0 ? found : this.clusters.push(name) - 1;
  }

  /** Publishes the names of these clusters for cluster_header. */
  publishClusterNames(names: readonly string[]): void {
    const { control } = this.t;
    const object = control.exports.clusterNamesNew(names.length);
    for (const name of names) {
      const { address, length } = putBytes(control, object, name);
      control.exports.clusterNamesAdd(object, address, length, this.clusterIndex(name));
    }
    control.exports.clusterNamesPublish(object);
  }

  /** Lays the request down as the worker's request head. */
  put(request: RouteRequest): number {
    const { worker, W } = this.t;
    const { method = 'GET', authority = 'a.com', path = '/', headers = [], scheme = 'http' } = request;
    const head = this.head;
    worker.u8.fill(0, head, head + abi.HEAD_AT_ENTRIES);
    worker.exports.scratchReset();
    let p = W + abi.W_RX;
    const put = (text: string): [number, number] => {
      const length = Buffer.from(worker.u8.buffer, p).write(text, 'latin1');
      const at = p;
      p += length;
      return [at, length];
    };
    const field = (address: number, length: number, text: string): void => {
      const [at, n] = put(text);
      worker.u32[(head + address) >> 2] = at;
      worker.u32[(head + length) >> 2] = n;
    };
    field(abi.HEAD_AT_METHOD, abi.HEAD_AT_METHOD_LENGTH, method);
    field(abi.HEAD_AT_PATH, abi.HEAD_AT_PATH_LENGTH, path);
    field(abi.HEAD_AT_AUTHORITY, abi.HEAD_AT_AUTHORITY_LENGTH, authority ?? '');
    worker.u32[(head + abi.HEAD_AT_FLAGS) >> 2] = authority === null ? 0 : 32;
    worker.u8[head + 48] = Math.max(METHODS.indexOf(method), 0);
    worker.u8[head + abi.HEAD_AT_SCHEME] = scheme === 'https' ? 1 : 0;
    for (const [name, value] of headers) {
      const [at, n] = put(value);
      worker.exports.headerAdd(head, ...this.headerName(name), at, n);
    }
    worker.u8[p] = 0x20;
    return head;
  }

  private headerName(name: string): readonly [number, number, number] {
    let known = this.ids.get(name);
    if (known === undefined) {
      const { address, length } = putBytes(this.t.control, this.names, name);
      known = [this.t.control.exports.headerNameIdOf(address, length), address, length];
      this.ids.set(name, known);
    }
    return known;
  }

  /** The address of the Route, 0 = none. */
  route(request: RouteRequest): number {
    const head = this.put(request);
    const random = request.random ?? 0n;
    const high = Number(random >> 32n);
    const isTls = request.scheme === 'https';
    return this.t.worker.exports.routeMatchFor(this.object, head, high, Number(random & 0xffffffffn), isTls);
  }

  match(request: RouteRequest): Routed | null {
    const route = this.route(request);
    return route === 0 ? null : this.describe(route);
  }

  describe(route: number): Routed {
    const { u8, u32, exports: x } = this.t.worker;
    const word = (i: number): number => u32[(route >> 2) + i];
    const vh = word(17) >> 2;
    const cluster = x.routeClusterFor(route, this.head);
    return {
      action: ACTIONS[u8[route]],
      index: word(20),
      virtualHost: vh === 0 ? '' : this.text(u32[vh], u32[vh + 1]),
      name: this.text(word(15), word(16)),
      cluster: this.clusters[cluster] ?? null,
      status: word(7),
      body: this.text(word(8), word(9)),
      timeout: word(4),
    };
  }

  /** Applies the route's request side and tells the head that goes upstream. */
  upstream(route: number): { path: string; authority: string; headers: [string, string][] } {
    const { u32, exports: x } = this.t.worker;
    x.routeRequestHeaders(route, this.head);
    x.routeRewrite(route, this.head, false);
    const field = (a: number, n: number): string => this.text(u32[(this.head + a) >> 2], u32[(this.head + n) >> 2]);
    return {
      path: field(abi.HEAD_AT_PATH, abi.HEAD_AT_PATH_LENGTH),
      authority: field(abi.HEAD_AT_AUTHORITY, abi.HEAD_AT_AUTHORITY_LENGTH),
      headers: headEntries(this.t, this.head),
    };
  }

  /** Applies the response side of `route` to a head with these entries. */
  downstream(route: number, headers: readonly (readonly [string, string])[]): [string, string][] {
    this.put({ headers });
    this.t.worker.exports.routeResponseHeaders(route, this.head);
    return headEntries(this.t, this.head);
  }

  /** The Location of a redirect for the request that was put last. */
  redirectLocation(route: number, isTls = false): string {
    const x = this.t.worker.exports;
    const n = x.routeRedirectLocation(route, this.head, isTls, this.location, LOCATION_SPACE);
    return this.text(this.location, n);
  }

  private text(address: number, length: number): string {
    return Buffer.from(this.t.worker.u8.buffer, address, length).toString('latin1');
  }
}
