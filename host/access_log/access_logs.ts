// The access logs of the process: plans by number, one sink for each destination, and the draining of the workers' rings.
import { finding, type Finding } from '../config/finding.js';
import type { RuntimeNow } from './filter.js';
import type { GrpcLog, GrpcLogs } from './grpc_log.js';
import { compilePlan, type AccessLogger, type CompiledPlan, type Destination } from './plan.js';
import type { AccessLogMessage } from './messages.js';
import { LogRecord } from './record.js';
import { RingReader } from './ring_reader.js';
import { logFileProblem, newSinkStats, Sink, type SinkStats } from './sink.js';

const DRAIN_MS = 100;

/** What the core is told of a plan (assembly/access_log/plan.ts). */
export interface PlanForCore {
  /** Never 0. */
  readonly id: number;
  readonly requestHeaders: readonly string[];
  readonly responseHeaders: readonly string[];
  readonly responseTrailers: readonly string[];
  /** One for each request header, then for each response header: whether all of its name are one value, joined by commas. */
  readonly joined: readonly boolean[];
}

/** False: the entry is dropped. */
type Writer = (record: LogRecord) => boolean;

interface Plan {
  readonly writers: readonly Writer[];
  readonly streams: readonly GrpcLog[];
}

export class AccessLogs {
  readonly stats: SinkStats = newSinkStats();
  /** Lines that no sink took, and records that made no sense. */
  dropped = 0;
  private readonly plans = new Map<number, Plan>();
  private readonly sinks = new Map<string, Sink>();
  private readonly record = new LogRecord();
  private readonly rings: RingReader[] = [];
  private lastPlan = 0;
  private stopped = true;

  /** `grpcLogs`: opens streams to access log services; not needed where plans are only validated. */
  constructor(
    private readonly runtime?: RuntimeNow,
    private readonly grpcLogs?: GrpcLogs,
  ) {}

  /**
   * Compiles the `access_log` list at the JSON path `path` and opens its files. `plan` is undefined where nothing would be written.
   * With `dry` (validation) no file is opened.
   */
  add(
    logs: readonly AccessLogMessage[],
    path: string,
    dry = false,
  ): { plan: PlanForCore | undefined; findings: Finding[] } {
    const { plan, findings } = compilePlan(logs, path, this.runtime);
    if (dry) return { plan: describe(0, plan), findings: [...findings, ...fileProblems(plan, path)] };
    if (plan.loggers.length === 0) return { plan: undefined, findings };
    const problems = this.openFiles(plan, path);
    if (problems.length > 0) return { plan: undefined, findings: [...findings, ...problems] };
    const id = ++this.lastPlan;
    const streams: GrpcLog[] = [];
    this.plans.set(id, {
      writers: plan.loggers.map((logger) => filtered(logger, this.writer(logger, streams))),
      streams,
    });
    return { plan: describe(id, plan), findings };
  }

  /** A record (encode_record.ts) that comes from this thread. */
  log(bytes: Buffer): void {
    if (this.record.set(bytes, 0)) this.write(this.record);
  }

  /** Forgets a plan whose listener is gone and whose records are drained. */
  remove(id: number): void {
    for (const stream of this.plans.get(id)?.streams ?? []) stream.close();
    this.plans.delete(id);
  }

  /**
   * Drains the rings of the workers whose blocks begin at `blocks`: every `intervalMs`, at the latest every 100 ms, and when one
   * is half full.
   */
  start(buffer: ArrayBufferLike, blocks: readonly number[], intervalMs = DRAIN_MS): void {
    this.stopped = false;
    for (const W of blocks) {
      const ring = new RingReader(buffer, W);
      this.rings.push(ring);
      void this.watch(ring, Math.min(intervalMs, DRAIN_MS));
    }
  }

  /** Takes what the rings hold now. Call it before a dead worker's block is cleared, too. */
  drain(): void {
    for (const ring of this.rings) this.drainRing(ring);
    for (const sink of this.sinks.values()) sink.flush();
  }

  /** SIGUSR1: the files may have been renamed. */
  reopen(): void {
    this.drain();
    for (const sink of this.sinks.values()) sink.reopen();
  }

  /** Writes everything out, waiting for the disk. */
  close(): void {
    this.stopped = true;
    for (const ring of this.rings) this.drainRing(ring);
    for (const sink of this.sinks.values()) sink.close();
    this.sinks.clear();
    this.plans.clear();
  }

  private async watch(ring: RingReader, intervalMs: number): Promise<void> {
    while (!this.stopped) {
      await ring.signalled(intervalMs);
      if (this.stopped) return;
      this.drainRing(ring);
      for (const sink of this.sinks.values()) sink.flush();
      // A busy worker may signal again at once: let timers and sockets of this thread have their turn.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  private drainRing(ring: RingReader): void {
    if (!ring.drain(this.record, (record) => this.write(record))) this.dropped++;
  }

  private write(record: LogRecord): void {
    const plan = this.plans.get(record.plan);
    if (plan === undefined) {
      this.dropped++;
      return;
    }
    for (const write of plan.writers) if (!write(record)) this.dropped++;
  }

  private openFiles({ loggers }: CompiledPlan, path: string): Finding[] {
    return loggers.flatMap((logger) => {
      try {
        if (logger.kind === 'lines') this.sink(logger.destination);
        return [];
      } catch (error) {
        return [finding('WEFT1503', path, (error as Error).message)];
      }
    });
  }

  private writer(logger: AccessLogger, streams: GrpcLog[]): Writer {
    if (logger.kind === 'lines') {
      const sink = this.sink(logger.destination);
      return (record) => sink.add(logger.render(record));
    }
    const stream = this.grpcLogs!(logger.service);
    streams.push(stream);
    return (record) => stream.add(logger.entry(record));
  }

  private sink(destination: Destination): Sink {
    const key = 'path' in destination ? destination.path : `fd ${destination.fd}`;
    let sink = this.sinks.get(key);
    if (sink === undefined) {
      sink = 'path' in destination ? Sink.file(key, this.stats) : Sink.descriptor(destination.fd, this.stats);
      this.sinks.set(key, sink);
    }
    return sink;
  }
}

function filtered({ filter }: AccessLogger, write: Writer): Writer {
  return filter === undefined ? write : (record) => !filter(record) || write(record);
}

function fileProblems({ loggers }: CompiledPlan, path: string): Finding[] {
  return loggers.flatMap((logger) => {
    if (logger.kind !== 'lines') return [];
    const { destination } = logger;
    const problem = 'path' in destination ? logFileProblem(destination.path) : undefined;
    return problem === undefined ? [] : [finding('WEFT1503', path, problem)];
  });
}

function describe(id: number, { needs }: CompiledPlan): PlanForCore {
  return {
    id,
    requestHeaders: needs.request,
    responseHeaders: needs.response,
    responseTrailers: needs.trailer,
    joined: needs.joined,
  };
}
