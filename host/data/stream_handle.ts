// One call of one filter: what it sees of its stream, and does to it. Its verdict counts only while that stream is still there.
import { FILTER_REQUEST, FILTER_RESPONSE, POLICY_FILTER, W_HOST } from '../../assembly/abi.js';
import type { Questions, Question } from '../asking/questions.js';
import type { AppendAction, LocalReply, StreamHandle } from '../filter/http/filter.js';
import type { WorkerContext } from '../process/worker_context.js';
import { checkedName, checkedValue, CoreHeaders } from './header_map.js';
import type { TextCache } from './text_cache.js';

const AREA = 4096; // offset in W_HOST of texts that the core writes

/** What the runner has for handles. */
export interface HandleWorker {
  readonly policies: TextCache<unknown>;
  readonly questions: Questions;
  /** +1: the handle waits for an answer now, -1: it does not any more. */
  asking(change: 1 | -1): void;
  hearsOfEnd(handle: Handle): void;
}

export class Handle implements StreamHandle {
  left: LocalReply | undefined;
  readonly request: CoreHeaders;
  readonly response: CoreHeaders | undefined;
  private readonly questions = new Set<Question>();
  private readonly callbacks: (() => void)[] = [];
  private isHeard = false;

  constructor(
    private readonly context: WorkerContext,
    readonly stream: number,
    readonly id: number,
    private readonly filter: number,
    private readonly worker: HandleWorker,
  ) {
    this.request = this.headers(FILTER_REQUEST)!;
    this.response = this.headers(FILTER_RESPONSE);
  }

  get ended(): boolean {
    return this.context.core.exports.streamId(this.stream) >>> 0 !== this.id;
  }

  get requestEnded(): boolean {
    return !this.ended && this.context.core.exports.streamRequestEnded(this.stream);
  }

  get remoteAddress(): string {
    return this.text((at) => this.context.core.exports.streamRemoteAddress(this.stream, at));
  }

  get sourceAddress(): string {
    return this.text((at) => this.context.core.exports.streamConnectionAddress(this.stream, false, at));
  }

  get destinationAddress(): string {
    return this.text((at) => this.context.core.exports.streamConnectionAddress(this.stream, true, at));
  }

  get cluster(): string | undefined {
    return this.text((at) => this.context.core.exports.streamCluster(this.stream, at)) || undefined;
  }

  routeConfigs(): readonly unknown[] {
    if (this.ended) return [];
    const policy = this.context.core.exports.streamPolicy(this.stream, POLICY_FILTER, this.filter);
    return policy === 0 ? [] : (this.worker.policies.get(policy) as readonly unknown[]);
  }

  async ask(asker: number, bytes: Uint8Array): Promise<Uint8Array> {
    const question = this.worker.questions.ask(asker, bytes);
    if (this.questions.size === 0) this.worker.asking(1);
    this.questions.add(question);
    this.hear();
    try {
      return await question.answer;
    } finally {
      this.questions.delete(question);
      if (this.questions.size === 0) this.worker.asking(-1);
    }
  }

  onEnd(callback: () => void): void {
    this.callbacks.push(callback);
    this.hear();
  }

  addResponseHeader(action: AppendAction, name: string, value: string): void {
    if (this.ended) return;
    checkedName(name);
    checkedValue(name, value);
    const { core } = this.context;
    const at = core.exports.streamResponseHeader(this.stream, action, name.length, value.length);
    if (at === 0) throw new RangeError('the filters of this stream have used up the room for header values');
    core.u8.set(Buffer.from(name + value, 'latin1'), at);
  }

  clearRoute(): void {
    if (!this.ended) this.context.core.exports.streamClearRoute(this.stream);
  }

  reply(reply: LocalReply): void {
    this.left = reply;
  }

  /** The stream is over. */
  close(): void {
    for (const question of this.questions) question.withdraw();
    for (const callback of this.callbacks) callback();
  }

  private hear(): void {
    if (!this.isHeard) this.worker.hearsOfEnd(this);
    this.isHeard = true;
  }

  private text(write: (at: number) => number): string {
    if (this.ended) return '';
    const { core, W } = this.context;
    const at = W + W_HOST + AREA;
    return Buffer.from(core.u8.slice(at, at + write(at))).toString('latin1');
  }

  private headers(phase: number): CoreHeaders | undefined {
    const { core } = this.context;
    const head = core.exports.streamHead(this.stream, phase);
    if (head === 0) return undefined;
    const room = (n: number): number => core.exports.streamRoom(this.stream, phase, n);
    return new CoreHeaders(core, head, room, () => !this.ended, phase === FILTER_REQUEST);
  }
}
