// Runs the HTTP filters in TypeScript for streams that the core has parked, on the worker's own thread.
import { FILTER_REQUEST, FILTER_RESPONSE, W_HOST } from '../../assembly/abi.js';
import type { HttpFilter, LocalReply, StreamHandle, Verdict } from '../filter/http/filter.js';
import type { HttpFilterRegistry } from '../filter/http/registry.js';
import { LOG_ERROR } from '../process/log_level.js';
import type { FilterMessage } from '../process/messages.js';
import type { WorkerContext } from '../process/worker_context.js';
import { CoreHeaders } from './header_map.js';

const REPLY_AREA = 4096; // offset in W_HOST of the bytes of a reply on its way into the core
const REPLY_AREA_SIZE = 0x8000;

export class FilterRunner {
  private readonly filters = new Map<number, HttpFilter>();
  private waiting = 0;

  constructor(
    private readonly context: WorkerContext,
    private readonly registry: HttpFilterRegistry,
  ) {}

  /** Makes the filter that the core knows by a number. */
  add({ number, typeName, config }: FilterMessage): void {
    const factory = this.registry.get(typeName);
    if (!factory) throw new Error(`this worker has no filter ${typeName}`);
    this.filters.set(number, factory.create(config));
  }

  /** Whether a filter has yet to answer. */
  pending(): boolean {
    return this.waiting !== 0;
  }

  /** Lets this thread's own event loop run once, so that promises and timers of filters get on. */
  breathe(): Promise<void> {
    return new Promise((resolve) => void setImmediate(resolve));
  }

  /** Answers CMD_FILTER. A filter that answers at once costs no turn of the event loop. */
  run(stream: number, number: number, phase: number): void {
    const { core } = this.context;
    const id = core.exports.streamId(stream);
    if (id === 0) return;
    const handle = new Handle(this.context, stream, id);
    try {
      const verdict = this.call(number, phase, handle);
      if (verdict instanceof Promise) return this.wait(verdict, handle, stream, id);
      this.finish(verdict, handle, stream, id);
    } catch (error) {
      this.fail(error, handle, stream);
    }
  }

  private call(number: number, phase: number, handle: StreamHandle): Verdict | Promise<Verdict> {
    const filter = this.filters.get(number);
    if (!filter) throw new Error(`no filter has the number ${number}`);
    if (phase === FILTER_REQUEST) return filter.onRequestHead?.(handle) ?? 'continue';
    return filter.onResponseHead?.(handle) ?? 'continue';
  }

  private wait(verdict: Promise<Verdict>, handle: Handle, stream: number, id: number): void {
    this.waiting++;
    verdict.then(
      (value) => {
        this.waiting--;
        this.finish(value, handle, stream, id);
      },
      (error: unknown) => {
        this.waiting--;
        this.fail(error, handle, stream);
      },
    );
  }

  private finish(verdict: Verdict, handle: Handle, stream: number, id: number): void {
    if (handle.ended) return;
    if (verdict === 'reply') this.reply(stream, handle.left ?? { status: 500 });
    else this.context.core.exports.onFilterDone(stream, id);
  }

  private fail(error: unknown, handle: Handle, stream: number): void {
    this.context.log(LOG_ERROR, 'filter', error instanceof Error ? (error.stack ?? error.message) : String(error));
    if (!handle.ended) this.reply(stream, { status: 500 });
  }

  private reply(stream: number, { status, body = '', headers = [] }: LocalReply): void {
    const { core, W } = this.context;
    const x = core.exports;
    const area = W + W_HOST + REPLY_AREA;
    const put = (text: string, at: number): number => {
      const bytes = Buffer.from(text).subarray(0, area + REPLY_AREA_SIZE - at);
      core.u8.set(bytes, at);
      return bytes.length;
    };
    x.filterReplyBegin();
    for (const [name, value] of headers) {
      const n = put(name, area);
      x.filterReplyHeader(area, n, area + n, put(value, area + n));
    }
    x.filterReply(stream, status, area, put(body, area));
  }
}

// One call of one filter. Its verdict counts only while the stream it was called for is still there.
class Handle implements StreamHandle {
  left: LocalReply | undefined;
  readonly request: CoreHeaders;
  readonly response: CoreHeaders | undefined;

  constructor(
    private readonly context: WorkerContext,
    private readonly stream: number,
    private readonly id: number,
  ) {
    this.request = this.headers(FILTER_REQUEST)!;
    this.response = this.headers(FILTER_RESPONSE);
  }

  get ended(): boolean {
    return this.context.core.exports.streamId(this.stream) !== this.id;
  }

  get remoteAddress(): string {
    const { core, W } = this.context;
    const at = W + W_HOST + REPLY_AREA;
    const n = core.exports.streamRemoteAddress(this.stream, at);
    return Buffer.from(core.u8.subarray(at, at + n)).toString('latin1');
  }

  reply(reply: LocalReply): void {
    this.left = reply;
  }

  private headers(phase: number): CoreHeaders | undefined {
    const { core } = this.context;
    const head = core.exports.streamHead(this.stream, phase);
    if (head === 0) return undefined;
    const room = (n: number): number => core.exports.streamRoom(this.stream, phase, n);
    return new CoreHeaders(core, head, room, () => !this.ended, phase === FILTER_REQUEST);
  }
}
