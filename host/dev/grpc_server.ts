// The gRPC services of xDS by @grpc/grpc-js: the aggregated one, and one for each kind, both variants. Messages are bytes here.
import type { Duplex } from 'node:stream';
import type { ServerDuplexStream, ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import { ADS_DELTA, ADS_STREAM, KINDS, type ResourceKind } from '../xds/kinds.js';

export interface StreamRequest {
  readonly isDelta: boolean;
  /** Undefined: aggregated. */
  readonly kind: ResourceKind | undefined;
  readonly send: (bytes: Uint8Array) => void;
}

export interface StreamReceiver {
  /** Throws where the bytes are no request: the stream ends then. */
  receive(bytes: Uint8Array): void;
  closed(reason: string): void;
}

export interface GrpcServer {
  /** A connection on which HTTP/2 has begun, whatever was read of it put back. */
  inject(connection: Duplex): void;
  close(): void;
}

type Call = ServerDuplexStream<Uint8Array, Uint8Array>;

const asIs = {
  requestSerialize: (bytes: Uint8Array) => Buffer.from(bytes),
  requestDeserialize: (bytes: Buffer): Uint8Array => bytes,
  responseSerialize: (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  responseDeserialize: (bytes: Buffer): Uint8Array => bytes,
};

/** The largest request that is taken: one names every resource that it wants. */
const MAX_MESSAGE = 64 * 1024 * 1024;

export async function createGrpcServer(open: (request: StreamRequest) => StreamReceiver): Promise<GrpcServer> {
  const grpc = await import('@grpc/grpc-js');
  const server = new grpc.Server({
    'grpc.max_receive_message_length': MAX_MESSAGE,
    'grpc.max_send_message_length': -1,
  });
  for (const [path, isDelta, kind] of methods()) {
    const definition: ServiceDefinition = {
      call: { path, requestStream: true, responseStream: true, ...asIs },
    };
    const implementation: UntypedServiceImplementation = { call: (call: Call) => serve(call, isDelta, kind) };
    server.addService(definition, implementation);
  }
  const injector = server.createConnectionInjector(grpc.ServerCredentials.createInsecure());

  function serve(call: Call, isDelta: boolean, kind: ResourceKind | undefined): void {
    let isOver = false;
    const receiver = open({
      isDelta,
      kind,
      send: (bytes) => {
        if (!isOver) call.write(bytes);
      },
    });
    const over = (reason: string): void => {
      if (isOver) return;
      isOver = true;
      receiver.closed(reason);
    };
    call.on('data', (bytes: Uint8Array) => {
      try {
        receiver.receive(bytes);
      } catch (error) {
        const details = `this is no request: ${(error as Error).message}`;
        call.emit('error', { code: grpc.status.INVALID_ARGUMENT, details });
        over(details);
      }
    });
    call.on('end', () => {
      call.end();
      over('the client has ended it');
    });
    call.on('cancelled', () => over('the client has gone'));
    call.on('error', (error: Error) => over(error.message));
  }

  return {
    inject: (connection) => injector.injectConnection(connection),
    close: () => server.forceShutdown(),
  };
}

function methods(): [path: string, isDelta: boolean, kind: ResourceKind | undefined][] {
  return [
    [ADS_STREAM, false, undefined],
    [ADS_DELTA, true, undefined],
    ...KINDS.flatMap((kind): [string, boolean, ResourceKind][] => [
      [kind.stream, false, kind],
      [kind.delta, true, kind],
    ]),
  ];
}
