// A gRPC service that this project did not write the transport of (@grpc/grpc-js): it writes down what it is asked and answers as told.
import { Server, ServerCredentials, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js';

export interface Asked {
  readonly bytes: Uint8Array;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Milliseconds that whoever asks lets the answer take; undefined: as long as it takes. */
  readonly timeoutMs: number | undefined;
}

/** Bytes, an error, or 'never'. */
export type Answer = Uint8Array | { readonly code: number; readonly details: string } | 'never';

const same = (bytes: Buffer): Buffer => bytes;

export class GrpcService {
  readonly asked: Asked[] = [];
  cancelled = 0;
  /** Questions that have no answer yet. */
  open = 0;
  private server: Server | undefined;

  constructor(
    readonly method: string,
    public answer: (asked: Asked) => Answer | Promise<Answer>,
  ) {}

  async start(port: number): Promise<this> {
    const server = new Server();
    const path = this.method;
    const handle = (call: ServerUnaryCall<Buffer, Buffer>, reply: sendUnaryData<Buffer>): void =>
      void this.handle(call, reply);
    server.register(path, handle as never, same, same, 'unary');
    await new Promise<void>((resolve, reject) =>
      server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error) =>
        error ? reject(error) : resolve(),
      ),
    );
    this.server = server;
    return this;
  }

  /** Connections are cut. */
  stop(): void {
    this.server?.forceShutdown();
    this.server = undefined;
  }

  private async handle(call: ServerUnaryCall<Buffer, Buffer>, reply: sendUnaryData<Buffer>): Promise<void> {
    const deadline = call.getDeadline();
    const ms = deadline instanceof Date ? deadline.getTime() : deadline;
    const timeoutMs = Number.isFinite(ms) ? ms - Date.now() : undefined;
    const asked: Asked = { bytes: Uint8Array.from(call.request), metadata: call.metadata.getMap(), timeoutMs };
    this.asked.push(asked);
    this.open++;
    call.on('cancelled', () => {
      this.cancelled++;
      this.open--;
    });
    const answer = await this.answer(asked);
    if (answer === 'never' || call.cancelled) return;
    this.open--;
    if ('code' in answer) reply(answer as never);
    else reply(null, Buffer.from(answer));
  }
}
