// A gRPC service somewhere else, by @grpc/grpc-js, which is loaded only where a service is configured. Messages are bytes here.
import type { ChannelCredentials, Client, ClientDuplexStream, Metadata } from '@grpc/grpc-js';
import type { StreamConnection, StreamHandlers, Transport } from '../xds/transport.js';
import { ServiceError, UNAVAILABLE } from './service_error.js';

type Grpc = typeof import('@grpc/grpc-js');
type Call = ClientDuplexStream<Uint8Array, Uint8Array>;

export interface GrpcTarget {
  /** As @grpc/grpc-js wants it: "ipv4:10.0.0.1:15010,10.0.0.2:15010", "unix:/path", "dns:///name:443"; undefined: there is none now. */
  readonly target: () => string | undefined;
  readonly name: string;
  readonly credentials: (grpc: Grpc) => ChannelCredentials;
  /** initial_metadata */
  readonly metadata: readonly (readonly [string, string])[];
  readonly authority: string | undefined;
}

// A server of grpc-go ends connections that ping more often than every five minutes.
const KEEPALIVE_MS = 301_000;
const KEEPALIVE_TIMEOUT_MS = 20_000;
/** The largest message that is taken: 100,000 endpoints are about 5 MiB. */
const MAX_MESSAGE = 256 * 1024 * 1024;

export interface CallOptions {
  /** Milliseconds from now; undefined: as long as it takes. */
  readonly timeoutMs?: number | undefined;
  /** Besides initial_metadata. */
  readonly metadata?: readonly (readonly [string, string])[] | undefined;
  /** Gives up; the call then ends with CANCELLED. */
  readonly signal?: AbortSignal | undefined;
}

export class GrpcChannel implements Transport {
  private client: Client | undefined;
  private clientTarget = '';

  constructor(private readonly where: GrpcTarget) {}

  get name(): string {
    return this.where.name;
  }

  open(method: string, handlers: StreamHandlers): StreamConnection {
    const stream = new GrpcStream(handlers);
    void import('@grpc/grpc-js').then(
      (grpc) => stream.begin(() => this.bidi(grpc, method), grpc),
      (error: Error) => stream.over(error.message),
    );
    return stream;
  }

  /** One request, one response. Rejects with a ServiceError, UNAVAILABLE where the service cannot be reached. */
  async call(method: string, request: Uint8Array, options: CallOptions = {}): Promise<Uint8Array> {
    const { timeoutMs, signal, metadata: more = [] } = options;
    const grpc = await import('@grpc/grpc-js');
    const [client, metadata] = this.ready(grpc, more);
    const deadline = timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs };
    return new Promise((resolve, reject) => {
      const call = client.makeUnaryRequest(
        method,
        asBuffer,
        asBytes,
        request,
        metadata,
        deadline,
        (error, response) => {
          signal?.removeEventListener('abort', abort);
          if (error) reject(new ServiceError(error.code, error.details));
          else resolve(response!);
        },
      );
      const abort = (): void => call.cancel();
      if (signal?.aborted) abort();
      else signal?.addEventListener('abort', abort, { once: true });
    });
  }

  private bidi(grpc: Grpc, method: string): [Call, Client] {
    const [client, metadata] = this.ready(grpc);
    return [client.makeBidiStreamRequest(method, asBuffer, asBytes, metadata), client];
  }

  private ready(grpc: Grpc, more: CallOptions['metadata'] = []): [Client, Metadata] {
    const target = this.where.target();
    if (target === undefined) throw new ServiceError(UNAVAILABLE, 'the cluster has no endpoint');
    const metadata = new grpc.Metadata();
    for (const [key, value] of [...this.where.metadata, ...more]) metadata.add(key, value);
    return [this.clientFor(grpc, target), metadata];
  }

  close(): void {
    this.client?.close();
  }

  // Endpoints of a cluster may have changed since the last stream.
  private clientFor(grpc: Grpc, target: string): Client {
    if (this.client && this.clientTarget === target) return this.client;
    this.client?.close();
    this.clientTarget = target;
    this.client = new grpc.Client(target, this.where.credentials(grpc), {
      'grpc.keepalive_time_ms': KEEPALIVE_MS,
      'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
      'grpc.max_receive_message_length': MAX_MESSAGE,
      'grpc.max_send_message_length': MAX_MESSAGE,
      'grpc.use_local_subchannel_pool': 1,
      'grpc.enable_retries': 0,
      'grpc.service_config_disable_resolution': 1,
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 1000, // how often is asked again is the stream's business
      ...(this.where.authority === undefined ? {} : { 'grpc.default_authority': this.where.authority }),
    });
    return this.client;
  }
}

// Messages are encoded and decoded elsewhere.
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function asBytes(bytes: Buffer): Uint8Array {
  return bytes;
}

/** A stream that may be written to before it has begun. */
class GrpcStream implements StreamConnection {
  private call: Call | undefined;
  private waiting: Uint8Array[] = [];
  private isOver = false;
  private isConnected = (): boolean => false;

  constructor(private readonly handlers: StreamHandlers) {}

  begin(makeCall: () => [Call, Client], grpc: Grpc): void {
    if (this.isOver) return;
    let call: Call;
    let client: Client;
    try {
      [call, client] = makeCall();
    } catch (error) {
      return this.over((error as Error).message);
    }
    this.call = call;
    this.isConnected = () => client.getChannel().getConnectivityState(false) === grpc.connectivityState.READY;
    call.on('data', (bytes: Uint8Array) => {
      if (!this.isOver) this.handlers.message(bytes);
    });
    call.on('error', (error) => this.over(error.message));
    call.on('status', ({ code, details }) => this.over(`${grpc.status[code]}: ${details}`));
    for (const bytes of this.waiting) call.write(bytes);
    this.waiting = [];
  }

  over(reason: string): void {
    if (this.isOver) return;
    this.isOver = true;
    this.handlers.closed(reason);
  }

  send(bytes: Uint8Array): void {
    if (this.call) this.call.write(bytes);
    else this.waiting.push(bytes);
  }

  get isWritable(): boolean {
    return !this.isOver && this.call?.writableLength === 0 && this.isConnected();
  }

  end(): void {
    if (this.call) this.call.end();
    else this.over('nothing was sent');
  }

  close(): void {
    this.isOver = true;
    this.call?.cancel();
  }
}
