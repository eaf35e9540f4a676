// A proxy under a control plane that is told what to say: how long, and how much CPU time, it takes from a response to its answer.
import { readdirSync, readFileSync } from 'node:fs';
import { Peer, type PeerKind } from '../../test/support/peer.js';
import { freePort } from '../../test/support/ports.js';
import { residentBytes } from '../../test/support/proc.js';
import { RawControlPlane } from '../../test/support/raw_control_plane.js';
import { adsBootstrap, type ApiType } from '../../test/support/xds_resources.js';
import { listener, LISTENER, response, routes, ROUTES, typeUrl, type Encoded } from './resources.js';

export interface Cost {
  readonly ms: number;
  readonly cpuMs: number;
}

const PATIENCE_MS = 300_000;
const RESULT_MS = 1e6; // schedstat counts nanoseconds

export class Stage {
  private serial = 0;

  private constructor(
    readonly kind: PeerKind,
    readonly api: ApiType,
    readonly plane: RawControlPlane,
    readonly peer: Peer,
    readonly port: number,
  ) {}

  /** A proxy with one listener, whose routes come by RDS; none yet. */
  static async start(kind: PeerKind, api: ApiType, nodeArgs: string[] = []): Promise<Stage> {
    const [xdsPort, adminPort, port] = [await freePort(), await freePort(), await freePort()];
    const plane = await RawControlPlane.start(xdsPort);
    const first = new Map<string, readonly Encoded[]>([
      [typeUrl('envoy.config.cluster.v3.Cluster'), []],
      [typeUrl(LISTENER), [listener('main', port, 'routes')]],
      [typeUrl(ROUTES), [routes('routes', [])]],
    ]);
    plane.onRequest = ({ type_url }) => {
      const resources = first.get(type_url);
      first.delete(type_url);
      if (resources) plane.send(response(api, type_url.slice(type_url.indexOf('/') + 1), 'first', resources));
    };
    const bootstrap = adsBootstrap(adminPort, xdsPort, api);
    const peer = await Peer.start(kind, { bootstrap, adminPort, nodeArgs });
    return new Stage(kind, api, plane, peer, port);
  }

  get name(): string {
    return this.kind === 'weft' ? 'weft' : 'Envoy';
  }

  get rss(): number {
    return residentBytes([this.peer.pid]);
  }

  /** Most that it ever was. */
  get peakRss(): number {
    const status = readFileSync(`/proc/${this.peer.pid}/status`, 'latin1');
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
  }

  /** Sends resources and waits until they are accepted. */
  async push(typeName: string, resources: readonly Encoded[]): Promise<Cost> {
    const version = `v${++this.serial}`;
    const bytes = response(this.api, typeName, version, resources);
    return this.timed(async () => {
      this.plane.send(bytes);
      await this.accepted(version);
    });
  }

  /** Sends resources whose answer may depend on others; returns their version. */
  send(typeName: string, resources: readonly Encoded[]): string {
    const version = `v${++this.serial}`;
    this.plane.send(response(this.api, typeName, version, resources));
    return version;
  }

  async accepted(version: string): Promise<void> {
    const { error_detail: error } = await this.plane.answer(version, PATIENCE_MS);
    if (error) throw new Error(`refused: ${error.message}`);
  }

  async timed(work: () => Promise<unknown>): Promise<Cost> {
    const [cpu, start] = [this.cpuMs(), performance.now()];
    await work();
    return { ms: performance.now() - start, cpuMs: this.cpuMs() - cpu };
  }

  /** CPU time of all its threads so far. */
  cpuMs(): number {
    const tasks = `/proc/${this.peer.pid}/task`;
    let sum = 0;
    for (const task of readdirSync(tasks)) {
      try {
        sum += Number(readFileSync(`${tasks}/${task}/schedstat`, 'latin1').split(' ')[0]);
      } catch {
        // it has ended meanwhile
      }
    }
    return sum / RESULT_MS;
  }

  async stop(): Promise<void> {
    await this.peer.kill();
    this.plane.close();
  }
}
