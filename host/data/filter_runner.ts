// Runs the HTTP filters in TypeScript for streams that the core has parked, on the worker's own thread.
import { FILTER_CONFIG_AT_ID, FILTER_CONFIG_AT_TEXT, POLICY_AT_ID, POLICY_AT_TEXT } from '../../assembly/abi.js';
import { Questions } from '../asking/questions.js';
import type { FilterWorker, HttpFilter, StreamHandle, Verdict } from '../filter/http/filter.js';
import type { HttpFilterRegistry } from '../filter/http/registry.js';
import { LOG_ERROR } from '../process/log_level.js';
import type { AnswerMessage } from '../process/messages.js';
import type { WorkerContext } from '../process/worker_context.js';
import { FilterCounts } from './filter_counts.js';
import { sendReply } from './filter_reply.js';
import { Handle } from './stream_handle.js';
import { TextCache } from './text_cache.js';

/** What the control side has written for a host filter of a chain. */
interface FilterText {
  readonly type: string;
  readonly config: unknown;
}

export class FilterRunner {
  private readonly filters: TextCache<HttpFilter>;
  private readonly policies: TextCache<unknown>;
  private readonly questions: Questions;
  private readonly counts: FilterCounts;
  private readonly worker: FilterWorker;
  /** Handles of streams that have one to hear of their end, by their place. */
  private readonly handles = new Map<number, Handle[]>();
  private waiting = 0;
  private asking = 0;

  constructor(
    private readonly context: WorkerContext,
    registry: HttpFilterRegistry,
  ) {
    this.questions = new Questions((message) => context.post(message));
    this.counts = new FilterCounts((message) => context.post(message));
    this.worker = {
      tell: (asker, bytes) => this.questions.tell(asker, bytes),
      count: (scope, name, member) => this.counts.add(scope, name, member),
    };
    this.filters = new TextCache(context.core, FILTER_CONFIG_AT_ID, FILTER_CONFIG_AT_TEXT, (text) => {
      const { type, config } = text as FilterText;
      const factory = registry.get(type);
      if (!factory) throw new Error(`this worker has no filter ${type}`);
      return factory.create(config, this.worker);
    });
    this.policies = new TextCache(context.core, POLICY_AT_ID, POLICY_AT_TEXT, (text) => text);
  }

  /** Whether a filter may have become able to go on: it has been answered, or waits for something else than an answer. */
  pending(): boolean {
    return this.questions.answered || this.waiting > this.asking;
  }

  /** Lets this thread's own event loop run once, so that promises and timers of filters get on. */
  breathe(): Promise<void> {
    this.questions.answered = false;
    return new Promise((resolve) => void setImmediate(resolve));
  }

  /** What filters have counted goes to control. */
  afterTurn(): void {
    this.counts.flush();
  }

  settle(message: AnswerMessage): void {
    this.questions.settle(message);
  }

  /** Answers CMD_FILTER. A filter that answers at once costs no turn of the event loop. */
  run(stream: number, id: number, filter: number, onResponse: boolean): void {
    const { core } = this.context;
    if (core.exports.streamId(stream) >>> 0 !== id) return; // gone before the commands were carried out
    const handle = this.handleFor(stream, id, filter);
    try {
      const made = this.filters.get(filter);
      const verdict = (onResponse ? made.onResponseHead?.(handle) : made.onRequestHead?.(handle)) ?? 'continue';
      if (verdict instanceof Promise) return this.wait(verdict, handle);
      this.finish(verdict, handle);
    } catch (error) {
      this.fail(error, handle);
    }
  }

  /** Answers CMD_STREAM_END. */
  end(stream: number, id: number): void {
    const handles = this.handles.get(stream);
    if (!handles) return;
    const left = handles.filter((handle) => handle.id !== id);
    if (left.length > 0) this.handles.set(stream, left);
    else this.handles.delete(stream);
    for (const handle of handles) if (handle.id === id) this.close(handle);
  }

  private close(handle: Handle): void {
    try {
      handle.close();
    } catch (error) {
      this.log(error);
    }
  }

  private handleFor(stream: number, id: number, filter: number): Handle {
    return new Handle(this.context, stream, id, filter, {
      policies: this.policies,
      questions: this.questions,
      asking: (change) => (this.asking += change),
      hearsOfEnd: (handle) => {
        const known = this.handles.get(stream);
        if (known) known.push(handle);
        else this.handles.set(stream, [handle]);
      },
    });
  }

  private wait(verdict: Promise<Verdict>, handle: Handle): void {
    this.waiting++;
    verdict.then(
      (value) => {
        this.waiting--;
        this.finish(value, handle);
      },
      (error: unknown) => {
        this.waiting--;
        this.fail(error, handle);
      },
    );
  }

  private finish(verdict: Verdict, handle: StreamHandle & Handle): void {
    if (handle.ended) return;
    if (verdict === 'reply') sendReply(this.context, handle.stream, handle.left ?? { status: 500 });
    else this.context.core.exports.onFilterDone(handle.stream, handle.id);
  }

  private fail(error: unknown, handle: Handle): void {
    if (handle.ended) return; // what failed was for nobody any more
    this.log(error);
    sendReply(this.context, handle.stream, { status: 500 });
  }

  private log(error: unknown): void {
    this.context.log(LOG_ERROR, 'filter', error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
}
