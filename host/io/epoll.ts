// An epoll set. Its events land in linear memory (or any buffer) and carry (slot, generation), never a descriptor:
// numbers of descriptors are reused, so a stale event must be told from a fresh one.
import {
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLL_DATA_WORD,
  EPOLL_EVENT_WORDS,
  SOCK_CLOEXEC,
} from './constants.js';
import { addressOf, close, epollCreate1, epollCtl, epollWait, errorText } from './syscalls.js';

/** The descriptor of a new epoll set. Throws where the descriptors are used up. */
export function openEpoll(): number {
  const fd = epollCreate1(SOCK_CLOEXEC);
  if (fd < 0) throw new Error(`epoll_create1: ${errorText(fd)}`);
  return fd;
}

export class Epoll {
  readonly fd: number;
  private readonly words: Int32Array;
  private readonly first: number; // word index of the first event
  private readonly address: number;
  private readonly request: Int32Array; // one event, for epoll_ctl
  private readonly requestAddress: number;

  /** `offset`: of `max` events of 16 bytes in `buffer`; `fd`: an epoll set that exists already. */
  constructor(
    buffer: ArrayBufferLike,
    offset: number,
    readonly max: number,
    fd?: number,
  ) {
    this.fd = fd ?? openEpoll();
    this.words = new Int32Array(buffer);
    this.first = offset >> 2;
    this.address = addressOf(buffer) + offset;
    this.request = new Int32Array(new ArrayBuffer(16));
    this.requestAddress = addressOf(this.request);
  }

  private control(op: number, fd: number, events: number, slot: number, generation: number): number {
    this.request[0] = events | 0;
    this.request[EPOLL_DATA_WORD] = slot;
    this.request[EPOLL_DATA_WORD + 1] = generation;
    return epollCtl(this.fd, op, fd, this.requestAddress);
  }

  /** 0, or a negated errno; likewise `modify` and `delete`. */
  add(fd: number, events: number, slot: number, generation: number): number {
    return this.control(EPOLL_CTL_ADD, fd, events, slot, generation);
  }

  modify(fd: number, events: number, slot: number, generation: number): number {
    return this.control(EPOLL_CTL_MOD, fd, events, slot, generation);
  }

  /** Only needed where the descriptor lives on elsewhere: the last close takes it out of the set. */
  delete(fd: number): number {
    return this.control(EPOLL_CTL_DEL, fd, 0, 0, 0);
  }

  /** How many events are there; 0 also after an interruption. `timeoutMs` -1: for ever. */
  wait(timeoutMs: number): number {
    return epollWait(this.fd, this.address, this.max, timeoutMs);
  }

  /** EPOLL* bits of event `i` of the last `wait`. */
  events(i: number): number {
    return this.words[this.first + i * EPOLL_EVENT_WORDS];
  }

  slot(i: number): number {
    return this.words[this.first + i * EPOLL_EVENT_WORDS + EPOLL_DATA_WORD];
  }

  generation(i: number): number {
    return this.words[this.first + i * EPOLL_EVENT_WORDS + EPOLL_DATA_WORD + 1];
  }

  close(): void {
    close(this.fd);
  }
}
