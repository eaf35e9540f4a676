// The gRPC access log service: one stream for each distinct configuration, whoever logs to it. Entries are encoded as they come, so that what
// waits is known in bytes.
import { setTimeout as sleep } from 'node:timers/promises';
import protobuf from 'protobufjs/light.js';
import type { Entry } from '../access_log/grpc_entry.js';
import type { GrpcLog, GrpcLogModel } from '../access_log/grpc_log.js';
import { BackOff } from '../xds/back_off.js';
import type { ReportContext } from './context.js';
import { ReportStream } from './report_stream.js';

const METHOD = '/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs';
const DATA = 'envoy.data.accesslog.v3.';
const IDENTIFIER = 'envoy.service.accesslog.v3.StreamAccessLogsMessage.Identifier';

// Keys of StreamAccessLogsMessage's fields, all of them length-delimited.
const IDENTIFIER_KEY = (1 << 3) | 2;
const LOGS_KEY = { http: (2 << 3) | 2, tcp: (3 << 3) | 2 };
const LOG_ENTRY_KEY = (1 << 3) | 2;

/** While the service is away or slow so much may wait, in bytes, or buffer_size_bytes where that is more. */
const MAX_WAITING = 1024 * 1024;
/** A stream that nobody logs to any more has so long to send what it has. */
const LAST_FLUSH_MS = 5000;
const POLL_MS = 10;

/** Envoy's `access_logs.grpc_access_log.*`. */
export interface GrpcLogStats {
  logs_written: number;
  logs_dropped: number;
  grpc_entries_flushed: number;
}

export class GrpcAccessLogs {
  readonly stats: GrpcLogStats = { logs_written: 0, logs_dropped: 0, grpc_entries_flushed: 0 };
  private readonly shared = new Map<string, { readonly stream: AccessLogStream; users: number }>();

  constructor(private readonly context: ReportContext) {}

  open(model: GrpcLogModel): GrpcLog {
    const key = JSON.stringify({ ...model, path: undefined });
    let entry = this.shared.get(key);
    if (!entry) {
      const stream = new AccessLogStream(model, this.context, this.stats);
      this.shared.set(key, (entry = { stream, users: 0 }));
    }
    const { stream } = entry;
    entry.users++;
    return {
      add: (each) => stream.add(each),
      flush: () => stream.flush(),
      close: () => this.release(key),
    };
  }

  /** The end: sends what is there, within `ms`. */
  async end(ms: number): Promise<void> {
    await Promise.all([...this.shared.values()].map(({ stream }) => stream.end(ms)));
    this.shared.clear();
  }

  private release(key: string): void {
    const entry = this.shared.get(key);
    if (!entry || --entry.users > 0) return;
    this.shared.delete(key);
    void entry.stream.end(LAST_FLUSH_MS);
  }
}

class AccessLogStream {
  private waiting: Uint8Array[] = [];
  private waitingBytes = 0;
  private isNew = true;
  private readonly stream: ReportStream;
  private readonly type: protobuf.Type;
  private readonly identifier: Uint8Array;
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly model: GrpcLogModel,
    context: ReportContext,
    private readonly stats: GrpcLogStats,
  ) {
    const { kind, logName, service, backOff } = model;
    const descriptors = context.descriptors();
    this.type = descriptors.type(`${DATA}${kind.toUpperCase()}AccessLogEntry`);
    const identifier = descriptors.type(IDENTIFIER);
    this.identifier = identifier.encode({ node: context.node, log_name: logName }).finish();
    this.stream = new ReportStream({
      transport: context.channel(service),
      method: METHOD,
      backOff: backOff && new BackOff(backOff.base, backOff.max),
      opened: () => {
        this.isNew = true;
        this.flush();
      },
      log: context.log,
    });
    this.timer = setInterval(() => this.flush(), Math.max(model.flushInterval, 1)).unref();
  }

  add(entry: Entry): boolean {
    const bytes = this.type.encode(entry).finish();
    const limit = Math.max(MAX_WAITING, this.model.bufferSize);
    if (this.waitingBytes + bytes.length > limit) {
      this.stats.logs_dropped++;
      return false;
    }
    this.waiting.push(bytes);
    this.waitingBytes += bytes.length;
    this.stats.logs_written++;
    if (this.waitingBytes >= this.model.bufferSize) this.flush();
    return true;
  }

  flush(): void {
    if (this.waiting.length === 0) return;
    if (!this.stream.isOpen) return this.stream.open(); // and again from there
    if (!this.stream.isWritable) return;
    this.stream.send(this.message());
    this.stats.grpc_entries_flushed += this.waiting.length;
    this.isNew = false;
    this.waiting = [];
    this.waitingBytes = 0;
  }

  /** Sends what is left, if that can be done within `ms`, and ends. */
  async end(ms: number): Promise<void> {
    clearInterval(this.timer);
    const late = performance.now() + ms;
    this.flush();
    while (this.waiting.length > 0 && performance.now() < late) {
      await sleep(POLL_MS);
      this.flush();
    }
    this.stats.logs_dropped += this.waiting.length;
    this.waiting = [];
    await Promise.race([this.stream.end(), sleep(Math.max(late - performance.now(), 0), undefined, { ref: false })]);
    this.stream.close();
  }

  private message(): Uint8Array {
    const writer = protobuf.Writer.create();
    if (this.isNew) writer.uint32(IDENTIFIER_KEY).bytes(this.identifier);
    writer.uint32(LOGS_KEY[this.model.kind]).fork();
    for (const entry of this.waiting) writer.uint32(LOG_ENTRY_KEY).bytes(entry);
    return writer.ldelim().finish();
  }
}
