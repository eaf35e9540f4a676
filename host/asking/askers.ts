// The control side of asking: a registry of askers, by number, and the calls that are open for each worker.
import type { AnswerMessage, AskMessage } from '../process/messages.js';
import { ServiceError, UNAVAILABLE } from '../grpc/service_error.js';

/** Who is asked: one service with its method and timeout. */
export interface Asker {
  /** Rejects with a ServiceError, or another Error (then it is INTERNAL to whoever asks). */
  ask(bytes: Uint8Array, signal: AbortSignal): Promise<Uint8Array>;
}

/** google.rpc.Code */
const INTERNAL = 13;
/** Calls whose answers nobody waits for: what is beyond is dropped. */
const MAX_TOLD = 1024;

export class Askers {
  private readonly askers = new Map<number, Asker>();
  private readonly open = new Map<number, Map<number, AbortController>>();
  private last = 0;
  private told = 0;

  /** A number for an asker, until it is removed. */
  add(asker: Asker): number {
    this.askers.set(++this.last, asker);
    return this.last;
  }

  /** No worker has a filter any more that would ask it. */
  remove(number: number): void {
    this.askers.delete(number);
  }

  get size(): number {
    return this.askers.size;
  }

  /** Questions of all workers that wait for their answers. */
  get openQuestions(): number {
    return [...this.open.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /** A worker asks; `answer` is called once, unless the question is withdrawn or the worker has died. */
  ask(worker: number, { id, asker, bytes }: AskMessage, answer: (message: AnswerMessage) => void): void {
    const known = this.askers.get(asker);
    if (id === 0) return this.tell(known, bytes);
    if (!known) return answer(failure(id, new ServiceError(UNAVAILABLE, 'the filter that asks has been removed')));
    const call = new AbortController();
    this.callsOf(worker).set(id, call);
    const done = (message: AnswerMessage): void => {
      if (this.open.get(worker)?.get(id) !== call) return;
      this.open.get(worker)!.delete(id);
      answer(message);
    };
    begin(known, bytes, call.signal).then(
      (response) => done({ type: 'answer', id, bytes: response, code: 0, details: '' }),
      (error: unknown) => done(failure(id, error)),
    );
  }

  withdraw(worker: number, id: number): void {
    const calls = this.open.get(worker);
    const call = calls?.get(id);
    if (!calls || !call) return;
    calls.delete(id);
    call.abort();
  }

  /** Nobody is there any more to hear the answers. */
  workerDied(worker: number): void {
    const calls = [...(this.open.get(worker)?.values() ?? [])];
    this.open.delete(worker);
    for (const call of calls) call.abort();
  }

  close(): void {
    for (const worker of this.open.keys()) this.workerDied(worker);
    this.askers.clear();
  }

  private callsOf(worker: number): Map<number, AbortController> {
    let calls = this.open.get(worker);
    if (!calls) this.open.set(worker, (calls = new Map()));
    return calls;
  }

  private tell(asker: Asker | undefined, bytes: Uint8Array): void {
    if (!asker || this.told >= MAX_TOLD) return;
    this.told++;
    const done = (): void => void this.told--;
    begin(asker, bytes, new AbortController().signal).then(done, done);
  }
}

// An asker that throws is one that rejects.
async function begin(asker: Asker, bytes: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
  return asker.ask(bytes, signal);
}

function failure(id: number, error: unknown): AnswerMessage {
  const { code, message } = error as Partial<ServiceError> & Error;
  return { type: 'answer', id, bytes: undefined, code: typeof code === 'number' ? code : INTERNAL, details: message };
}
