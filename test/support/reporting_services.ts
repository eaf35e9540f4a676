// The servers of Envoy's reporting services, by @grpc/grpc-js: what came is kept, decoded, and the test says what is answered.
import grpc from '@grpc/grpc-js';
import { Descriptors } from '../../host/config/descriptors.js';
import type { Message } from '../../host/config/message.js';

type Json = Record<string, unknown>;

/** A method of client streaming or bidirectional streaming. */
interface Method {
  readonly path: string;
  readonly request: string;
  readonly response: string;
}

export const ACCESS_LOGS: Method = {
  path: '/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs',
  request: 'envoy.service.accesslog.v3.StreamAccessLogsMessage',
  response: 'envoy.service.accesslog.v3.StreamAccessLogsResponse',
};

export const LOAD_STATS: Method = {
  path: '/envoy.service.load_stats.v3.LoadReportingService/StreamLoadStats',
  request: 'envoy.service.load_stats.v3.LoadStatsRequest',
  response: 'envoy.service.load_stats.v3.LoadStatsResponse',
};

export const METRICS: Method = {
  path: '/envoy.service.metrics.v3.MetricsService/StreamMetrics',
  request: 'envoy.service.metrics.v3.StreamMetricsMessage',
  response: 'envoy.service.metrics.v3.StreamMetricsResponse',
};

export const HEALTH_CHECKS: Method = {
  path: '/envoy.service.health.v3.HealthDiscoveryService/StreamHealthCheck',
  request: 'envoy.service.health.v3.HealthCheckRequestOrEndpointHealthResponse',
  response: 'envoy.service.health.v3.HealthCheckSpecifier',
};

const descriptors = new Descriptors();

interface Call extends NodeJS.EventEmitter {
  write(message: Json): void;
  end(): void;
  destroy(error: Error): void;
}

/** One stream of a client. */
export class ReportStream {
  /** As plain objects: only what is set, enums by name, 64-bit integers as numbers. */
  readonly messages: Json[] = [];
  isOver = false;

  constructor(private readonly call: Call) {}

  answer(message: Json): void {
    this.call.write(message);
  }

  /** The server has enough. */
  cut(): void {
    this.call.destroy(Object.assign(new Error('cut'), { code: grpc.status.UNAVAILABLE }));
  }
}

export class ReportingServer {
  readonly streams: ReportStream[] = [];
  /** Of all streams, as they came. */
  readonly messages: Json[] = [];
  /** Called for each message, after it is kept. */
  onMessage: (stream: ReportStream, message: Json) => void = () => {};

  private constructor(
    private readonly server: grpc.Server,
    readonly port: number,
  ) {}

  static async start(method: Method, port: number): Promise<ReportingServer> {
    const server = new grpc.Server();
    const reporting = new ReportingServer(server, port);
    const serve = (call: Call): void => reporting.serve(call);
    server.addService({ method: definition(method) } as unknown as grpc.ServiceDefinition, {
      method: serve as never,
    });
    await new Promise<void>((resolve, reject) => {
      const credentials = grpc.ServerCredentials.createInsecure();
      server.bindAsync(`127.0.0.1:${port}`, credentials, (error) => (error ? reject(error) : resolve()));
    });
    return reporting;
  }

  stop(): void {
    this.server.forceShutdown();
  }

  private serve(call: Call): void {
    const stream = new ReportStream(call);
    this.streams.push(stream);
    call.on('data', (message: Json) => {
      stream.messages.push(message);
      this.messages.push(message);
      this.onMessage(stream, message);
    });
    call.on('end', () => {
      stream.isOver = true;
      call.end();
    });
    call.on('error', () => (stream.isOver = true));
    call.on('cancelled', () => (stream.isOver = true));
  }
}

function definition({ path, request, response }: Method): grpc.MethodDefinition<Json, Json> {
  const requestType = descriptors.type(request);
  const responseType = descriptors.type(response);
  return {
    path,
    requestStream: true,
    responseStream: true, // one that only listens never answers either
    requestSerialize: (message) => Buffer.from(requestType.encode(requestType.fromObject(message)).finish()),
    requestDeserialize: (bytes) => toPlain(requestType.decode(bytes) as Message),
    responseSerialize: (message) => Buffer.from(responseType.encode(responseType.fromObject(message)).finish()),
    responseDeserialize: (bytes) => toPlain(responseType.decode(bytes) as Message),
  };
}

function toPlain(message: Message): Json {
  return message.$type.toObject(message, { enums: String, longs: Number, bytes: String }) as Json;
}

/** Fields of a cluster that gRPC goes to. */
export const HTTP2_CLUSTER: Json = {
  typed_extension_protocol_options: {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
      explicit_http_config: { http2_protocol_options: {} },
    },
  },
};
