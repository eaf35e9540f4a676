// The questions of one worker that are open: control carries them to their askers (askers.ts) and back.
import type { AnswerMessage, AskMessage, WithdrawMessage } from '../process/messages.js';
import { CANCELLED, RESOURCE_EXHAUSTED, ServiceError } from '../grpc/service_error.js';

/** Open questions of one worker: whoever asks beyond is answered at once, as if the service were not there. */
export const MAX_OPEN_QUESTIONS = 4096;

interface Open {
  resolve(bytes: Uint8Array): void;
  reject(error: ServiceError): void;
}

export interface Question {
  /** Rejects with a ServiceError. */
  readonly answer: Promise<Uint8Array>;
  /** Nobody waits for the answer any more: the call is cancelled, and `answer` is rejected with CANCELLED. */
  withdraw(): void;
}

export class Questions {
  private readonly open = new Map<number, Open>();
  private last = 0;
  /** Set when a question has been answered; whoever lets promises run takes it back. */
  answered = false;

  constructor(private readonly post: (message: AskMessage | WithdrawMessage) => void) {}

  get size(): number {
    return this.open.size;
  }

  ask(asker: number, bytes: Uint8Array): Question {
    if (this.open.size >= MAX_OPEN_QUESTIONS) {
      const error = new ServiceError(RESOURCE_EXHAUSTED, 'too many questions are open');
      return { answer: Promise.reject(error), withdraw: () => undefined };
    }
    const id = ++this.last;
    const answer = new Promise<Uint8Array>((resolve, reject) => this.open.set(id, { resolve, reject }));
    this.post({ type: 'ask', id, asker, bytes });
    return { answer, withdraw: () => this.withdraw(id) };
  }

  /** Says something to the service; nobody waits for what it answers. */
  tell(asker: number, bytes: Uint8Array): void {
    this.post({ type: 'ask', id: 0, asker, bytes });
  }

  settle({ id, bytes, code, details }: AnswerMessage): void {
    const open = this.open.get(id);
    if (!open) return; // withdrawn meanwhile
    this.open.delete(id);
    this.answered = true;
    if (bytes) open.resolve(bytes);
    else open.reject(new ServiceError(code, details));
  }

  private withdraw(id: number): void {
    const open = this.open.get(id);
    if (!open) return;
    this.open.delete(id);
    this.answered = true;
    this.post({ type: 'withdraw', id });
    open.reject(new ServiceError(CANCELLED, 'nobody waits for the answer any more'));
  }
}
