// Where entries of the gRPC access log service go: the settings of one stream, and the seam to whoever keeps it (host/reports/).
import type { envoy } from '../../proto/generated/api.js';
import { durationMs } from '../config/message.js';
import type { Entry } from './grpc_entry.js';
import type { GrpcLogMessage } from './messages.js';

export interface GrpcLogModel {
  readonly kind: 'http' | 'tcp';
  readonly logName: string;
  readonly service: envoy.config.core.v3.GrpcService;
  /** Of the service, for findings. */
  readonly path: string;
  /** Milliseconds. */
  readonly flushInterval: number;
  /** So many bytes of entries are sent at once; 0: each entry is. */
  readonly bufferSize: number;
  /** Milliseconds, undefined where grpc_stream_retry_policy says nothing. */
  readonly backOff: { readonly base: number; readonly max: number } | undefined;
}

/** One stream of entries. */
export interface GrpcLog {
  /** False: too much waits already, the entry is dropped. */
  add(entry: Entry): boolean;
  /** Sends what has come in. */
  flush(): void;
  /** Nothing is added any more: the stream ends when what is there has been sent, or cannot be. */
  close(): void;
}

export type GrpcLogs = (model: GrpcLogModel) => GrpcLog;

const FLUSH_INTERVAL_MS = 1000;
const BUFFER_SIZE = 16_384;

export function readGrpcLog(message: GrpcLogMessage, isHttp: boolean, path: string): GrpcLogModel {
  const config = message.common_config!;
  const backOff = config.grpc_stream_retry_policy?.retry_back_off;
  const base = durationMs(backOff?.base_interval);
  return {
    kind: isHttp ? 'http' : 'tcp',
    logName: config.log_name,
    service: config.grpc_service!,
    path,
    flushInterval: durationMs(config.buffer_flush_interval, FLUSH_INTERVAL_MS),
    bufferSize: config.buffer_size_bytes?.value ?? BUFFER_SIZE,
    backOff: base === undefined ? undefined : { base, max: durationMs(backOff?.max_interval, base * 10) },
  };
}
