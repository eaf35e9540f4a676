// One proxy with the listeners, clusters and upstreams of a topic, on ports of its own.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlackHole } from '../../support/black_hole.js';
import { bootstrap, fileAccessLog, httpListener, tcpListener, type Cluster } from '../../support/bootstrap.js';
import { Peer, type PeerKind } from '../../support/peer.js';
import { freePort } from '../../support/ports.js';
import { TcpUpstream } from '../../support/tcp_upstream.js';
import type { PortNames } from './observation.js';
import type { Topic, TopicCluster } from './topic.js';

/** The connection first: lines are told apart by the client's port. */
const LOG_FORMAT =
  '%DOWNSTREAM_DIRECT_REMOTE_ADDRESS% %RESPONSE_CODE% %RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT% ' +
  '"%REQ(:METHOD)% %REQ(:PATH)% %PROTOCOL%" %RESPONSE_CODE_DETAILS%';

export class Environment {
  readonly portNames: PortNames = new Map();
  readonly listenerPorts = new Map<string, number>();
  private ports: Readonly<Record<string, number>> = {};

  private constructor(
    readonly kind: PeerKind,
    readonly upstream: TcpUpstream,
    readonly second: TcpUpstream,
    private readonly blackHole: BlackHole | undefined,
    private readonly folder: string,
    private peer: Peer | undefined,
  ) {}

  static async start(kind: PeerKind, topic: Topic): Promise<Environment> {
    const upstream = await TcpUpstream.start(await freePort());
    const second = await TcpUpstream.start(await freePort());
    const uses = (name: string) => Object.values(topic.clusters).some(({ endpoints }) => endpoints?.includes(name));
    const blackHole = uses('blackhole') ? await BlackHole.start(await freePort()) : undefined;
    const folder = mkdtempSync(join(tmpdir(), 'weft-differential-'));
    const environment = new Environment(kind, upstream, second, blackHole, folder, undefined);
    await environment.startPeer(topic);
    return environment;
  }

  /** Bytes of access log so far. */
  logLength(): number {
    return this.log().length;
  }

  /** Log lines after byte `from` whose connection came from `clientPort`, without that address. */
  logLines(clientPort: number, from: number): string[] {
    const prefix = `127.0.0.1:${clientPort} `;
    const lines = this.log().slice(from).split('\n');
    return lines.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length));
  }

  async stop(): Promise<void> {
    await this.peer?.stop();
    await this.upstream.stop();
    await this.second.stop();
    this.blackHole?.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** `<port:upstream>` and the like, in any text of `value`, are ports from here on. */
  withPorts<T>(value: T, more: Readonly<Record<string, number>> = {}): T {
    const ports = { ...this.ports, ...more };
    const text = JSON.stringify(value).replace(/<port:(\w+)>/g, (_whole, name: string) => String(ports[name]));
    return JSON.parse(text) as T;
  }

  private log(): string {
    return existsSync(this.logPath) ? readFileSync(this.logPath, 'latin1') : '';
  }

  private get logPath(): string {
    return join(this.folder, 'access.log');
  }

  private async startPeer(topic: Topic): Promise<void> {
    const adminPort = await freePort();
    const format = [LOG_FORMAT, ...(topic.log ? [topic.log] : [])].join(' ');
    const accessLog = [fileAccessLog(this.logPath, `${format}\n`)];
    const listeners = [];
    for (const [name, { hcm, virtual_hosts, listener, tcp }] of Object.entries(topic.listeners)) {
      const port = await freePort();
      this.listenerPorts.set(name, port);
      this.portNames.set(port, `<${name}>`);
      const http = { port, virtual_hosts, listener, hcm: { access_log: accessLog, ...hcm } };
      listeners.push(
        tcp ? tcpListener(name, port, { access_log: accessLog, ...tcp }, listener) : httpListener(name, http),
      );
    }
    this.portNames.set(this.upstream.port, '<upstream>').set(this.second.port, '<second>');
    const closed = await freePort();
    this.portNames.set(this.blackHole?.port ?? closed, '<blackhole>').set(closed, '<closed>');
    this.ports = {
      upstream: this.upstream.port,
      second: this.second.port,
      closed,
      blackhole: this.blackHole?.port ?? closed,
    };
    const clusters = Object.entries(topic.clusters).map(([name, each]) => [name, resolve(each, this.ports)] as const);
    const config = this.withPorts(bootstrap(adminPort, listeners, Object.fromEntries(clusters)));
    this.peer = await Peer.start(this.kind, { bootstrap: config, adminPort });
  }
}

function resolve({ endpoints = ['upstream'], weights, cluster }: TopicCluster, ports: Record<string, number>): Cluster {
  const resolved = endpoints.map((name, i) => (weights ? { port: ports[name], weight: weights[i] } : ports[name]));
  return { endpoints: resolved, cluster };
}
