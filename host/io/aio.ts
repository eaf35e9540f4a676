// Many receives, or many sends, in one system call: Linux AIO (io_submit(2)). On a socket that does not block an operation is carried
// out while it is submitted, and answers what recv(2) or send(2) would. It saves the way into the kernel and back for each of them, which is a
// tenth of what a small request costs. Container runtimes let these calls pass (io_uring they do not); where they are refused there is no
// context, and every operation is a call of its own.
import * as sys from './syscalls.js';

/** Opcodes of <linux/aio_abi.h>. */
export const AIO_READ = 0;
export const AIO_WRITE = 1;

const IOCB_WORDS = 16; // struct iocb
const EVENT_WORDS = 8; // struct io_event
const WORD_RANGE = 4294967296;

/** A context for up to `max` operations at a time, or a negated errno. It belongs to the process, so whoever opened it closes it. */
export function openAio(max: number): number {
  const { view, address } = sys.staticArea(8);
  const r = sys.ioSetup(max, address);
  if (r < 0) return r;
  return view.getUint32(4, true) * WORD_RANGE + view.getUint32(0, true);
}

export function closeAio(context: number): void {
  if (context > 0) sys.ioDestroy(context);
}

/** Operations of one kind that are submitted together. */
export class AioBatch {
  private readonly words: Int32Array; // struct iocb[max] | struct iocb*[max] | struct io_event[max]
  private readonly list: number; // address of the pointers
  private readonly events: number; // word index of the events
  private readonly eventsAddress: number;
  private readonly results: Int32Array;

  /** `context`: of openAio. All descriptors must be non-blocking sockets: a completion is never waited for. */
  constructor(
    private readonly context: number,
    opcode: number,
    readonly max: number,
  ) {
    const buffer = new ArrayBuffer(max * (IOCB_WORDS * 4 + 8 + EVENT_WORDS * 4));
    const address = sys.addressOf(buffer);
    this.words = new Int32Array(buffer);
    this.list = address + max * IOCB_WORDS * 4;
    this.events = max * (IOCB_WORDS + 2);
    this.eventsAddress = address + this.events * 4;
    this.results = new Int32Array(max);
    for (let i = 0; i < max; i++) {
      this.words[i * IOCB_WORDS] = i;
      this.words[i * IOCB_WORDS + 4] = opcode;
      this.setAddress(max * IOCB_WORDS + i * 2, address + i * IOCB_WORDS * 4);
    }
  }

  private setAddress(word: number, address: number): void {
    const high = Math.floor(address / WORD_RANGE);
    this.words[word] = (address - high * WORD_RANGE) | 0;
    this.words[word + 1] = high;
  }

  /** Operation `i`: of `fd`, on `length` bytes at `address`. */
  set(i: number, fd: number, address: number, length: number): void {
    const word = i * IOCB_WORDS;
    this.words[word + 5] = fd;
    this.setAddress(word + 6, address);
    this.words[word + 8] = length;
  }

  /** Another descriptor for operation `i`, whose bytes stand where they stood. */
  setDescriptor(i: number, fd: number): void {
    this.words[i * IOCB_WORDS + 5] = fd;
  }

  /**
   * Carries out the first `count` operations and returns how many of them: what is left (the kernel has no room, or refuses the
   * descriptor) has not been tried.
   */
  submit(count: number): number {
    const done = sys.ioSubmit(this.context, count, this.list);
    if (done <= 0) return 0;
    for (let left = done; left > 0;) {
      const n = sys.ioGetEvents(this.context, left, left, this.eventsAddress);
      if (n < 0) throw new Error(`io_getevents: ${sys.errorText(n)}`); // 0: interrupted
      for (let i = 0; i < n; i++) {
        const word = this.events + i * EVENT_WORDS;
        this.results[this.words[word]] = this.words[word + 4];
      }
      left -= n;
    }
    return done;
  }

  /** What operation `i` of the last `submit` answered: bytes, or a negated errno. */
  result(i: number): number {
    return this.results[i];
  }
}
