// The embedded control plane: one configuration at a time, served to every client that asks.
import type { AddressInfo, Server, Socket } from 'node:net';
import type { Descriptors } from '../config/descriptors.js';
import type { DevEvent } from './event.js';
import { createGrpcServer, type GrpcServer } from './grpc_server.js';
import { onePort } from './one_port.js';
import { restHandler } from './rest_server.js';
import { ServerStream } from './server_stream.js';
import { bridge } from './serving_order.js';
import type { Snapshot } from './snapshot.js';

export interface DevServerOptions {
  readonly descriptors: Descriptors;
  readonly snapshot: Snapshot;
  readonly tell: (event: DevEvent) => void;
}

/** What leaves goes when every client has answered and nothing has happened for so long, or at the latest then. */
const CALM_MS = 250;
const PATIENCE_MS = 5000;
const HEARTBEATS_PER_TTL = 3;

export class DevServer {
  private readonly streams = new Set<ServerStream>();
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;
  private grpc: GrpcServer | undefined;
  private snapshot: Snapshot;
  private leaving: { readonly to: Snapshot; readonly until: number; timer: NodeJS.Timeout } | undefined;
  private heartbeats: NodeJS.Timeout | undefined;

  constructor(private readonly options: DevServerOptions) {
    this.snapshot = options.snapshot;
    this.beat();
  }

  /** Rejects with the error of the system. Port 0: any. */
  async listen(host: string, port: number): Promise<number> {
    const { descriptors, tell } = this.options;
    const snapshot = (): Snapshot => this.snapshot;
    this.grpc = await createGrpcServer((request) => {
      const stream = new ServerStream({ descriptors, snapshot, tell: (event) => this.heard(event), ...request });
      this.streams.add(stream);
      return {
        receive: (bytes) => stream.receive(bytes),
        closed: (reason) => {
          this.streams.delete(stream);
          stream.closed(reason);
        },
      };
    });
    const server = onePort((connection) => this.grpc!.inject(connection), restHandler({ descriptors, snapshot, tell }));
    this.server = server;
    server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
    return (server.address() as AddressInfo).port;
  }

  /** Serves this from now on: what is new first, what leaves when every client has that. */
  serve(next: Snapshot): void {
    clearTimeout(this.leaving?.timer);
    this.leaving = undefined;
    const between = bridge(this.snapshot, next);
    if (between)
      this.leaving = { to: next, until: Date.now() + PATIENCE_MS, timer: setTimeout(() => this.leave(), CALM_MS) };
    this.put(between ?? next);
  }

  close(): void {
    clearTimeout(this.leaving?.timer);
    clearInterval(this.heartbeats);
    this.server?.close();
    this.grpc?.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private put(snapshot: Snapshot): void {
    this.snapshot = snapshot;
    for (const stream of this.streams) stream.changed();
    this.beat();
  }

  private heard(event: DevEvent): void {
    this.options.tell(event);
    if (this.leaving) this.calmDown();
  }

  private calmDown(): void {
    clearTimeout(this.leaving!.timer);
    this.leaving!.timer = setTimeout(() => this.leave(), CALM_MS);
  }

  private leave(): void {
    const { to, until } = this.leaving!;
    const isAnswered = [...this.streams].every(({ unanswered }) => unanswered === 0);
    if (!isAnswered && Date.now() < until) return this.calmDown();
    this.leaving = undefined;
    this.put(to);
  }

  private beat(): void {
    clearInterval(this.heartbeats);
    const ttls = this.snapshot.all().flatMap(({ ttlMs }) => ttlMs ?? []);
    if (ttls.length === 0) return;
    this.heartbeats = setInterval(
      () => {
        for (const stream of this.streams) stream.heartbeat();
      },
      Math.max(1, Math.min(...ttls) / HEARTBEATS_PER_TTL),
    ).unref();
  }
}
