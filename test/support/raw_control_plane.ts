// A control plane that says exactly what a test or a benchmark tells it to, byte for byte, and writes down what it is asked: the server's
// side of ADS, both variants, without any state of its own.
import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import { setTimeout as sleep } from 'node:timers/promises';
import { ADS_DELTA, ADS_STREAM } from '../../host/xds/kinds.js';
import type { Message } from '../../host/config/message.js';
import { descriptors, said } from './discovery.js';

type Json = Record<string, unknown>;
type Call = ServerDuplexStream<Buffer, Buffer>;

const DISCOVERY = 'envoy.service.discovery.v3.';
const PATIENCE_MS = 15_000;
const UNLIMITED = { 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 };

/** A request without what is empty in it, and without the node. */
export interface Asked extends Json {
  readonly type_url: string;
  readonly version_info?: string;
  readonly response_nonce?: string;
  readonly resource_names?: readonly string[];
  readonly resource_names_subscribe?: readonly string[];
  readonly resource_names_unsubscribe?: readonly string[];
  readonly initial_resource_versions?: Readonly<Record<string, string>>;
  readonly error_detail?: { readonly code: number; readonly message: string };
}

export class RawControlPlane {
  /** Of all streams, in their order. */
  readonly requests: Asked[] = [];
  readonly nodes: Json[] = [];
  /** How many streams there have been. */
  streams = 0;
  /** Called with each request, after it is written down. */
  onRequest: (request: Asked, plane: RawControlPlane) => void = () => undefined;
  private call: Call | undefined;

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async start(port: number): Promise<RawControlPlane> {
    const server = new Server(UNLIMITED);
    const plane = new RawControlPlane(server, port);
    server.addService(
      { state: method(ADS_STREAM), delta: method(ADS_DELTA) },
      {
        state: (call: Call) => plane.serve(call, `${DISCOVERY}DiscoveryRequest`),
        delta: (call: Call) => plane.serve(call, `${DISCOVERY}DeltaDiscoveryRequest`),
      },
    );
    await new Promise<void>((resolve, reject) => {
      const address = `127.0.0.1:${port}`;
      server.bindAsync(address, ServerCredentials.createInsecure(), (error) => (error ? reject(error) : resolve()));
    });
    return plane;
  }

  get isConnected(): boolean {
    return this.call !== undefined;
  }

  /** One encoded response, on the stream that is there. */
  send(response: Uint8Array): void {
    this.call!.write(Buffer.from(response.buffer, response.byteOffset, response.byteLength));
  }

  /** Ends the stream that is there. */
  end(): void {
    this.call?.end();
    this.call = undefined;
  }

  /** What `look` finds, as soon as it finds something. */
  async until<T>(look: () => T | undefined | false, what = 'it', patience = PATIENCE_MS): Promise<T> {
    const deadline = performance.now() + patience;
    for (;;) {
      const found = look();
      if (found !== undefined && found !== false) return found;
      if (performance.now() > deadline) {
        const last = JSON.stringify(this.requests.slice(-3)).slice(0, 2000);
        throw new Error(`${what} never happened; last requests: ${last}`);
      }
      await sleep(1);
    }
  }

  /** The answer to the response with this nonce. */
  answer(nonce: string, patience?: number): Promise<Asked> {
    return this.until(
      () => this.requests.findLast((r) => r.response_nonce === nonce),
      `the answer to ${nonce}`,
      patience,
    );
  }

  close(): void {
    this.server.forceShutdown();
  }

  private serve(call: Call, typeName: string): void {
    this.streams++;
    this.call = call;
    const type = descriptors.type(typeName);
    const gone = (): void => {
      if (this.call === call) this.call = undefined;
    };
    call.on('data', (bytes: Buffer) => {
      const { node, ...request } = said(type.decode(bytes) as Message) as Asked & { node?: Json };
      if (node) this.nodes.push(node);
      this.requests.push(request as Asked);
      this.onRequest(request as Asked, this);
    });
    call.on('end', () => {
      gone();
      call.end();
    });
    call.on('close', gone);
    call.on('cancelled', gone);
    call.on('error', gone);
  }
}

function method(path: string) {
  const stream = { requestStream: true, responseStream: true };
  return {
    path,
    ...stream,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
}

function same(bytes: Buffer): Buffer {
  return bytes;
}
