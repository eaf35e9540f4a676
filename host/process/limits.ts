// What the operating system grants this process.
import { EMFILE, ENFILE, ENOBUFS, ENOMEM, RLIMIT_NOFILE } from '../io/constants.js';
import { addressOf, getrlimit, setrlimit } from '../io/syscalls.js';

/** Raises the soft limit of open descriptors to the hard one; the number that may be open from now on. */
export function raiseDescriptorLimit(): number {
  const limit = new BigUint64Array(new ArrayBuffer(16));
  const address = addressOf(limit);
  if (getrlimit(RLIMIT_NOFILE, address) < 0) return 0;
  const soft = limit[0];
  limit[0] = limit[1];
  const r = setrlimit(RLIMIT_NOFILE, address);
  return Number(r < 0 ? soft : limit[1]);
}

/** True: accept or socket failed for want of descriptors or memory, which others will give back. Pause and try again. */
export function isShortage(errno: number): boolean {
  const e = Math.abs(errno);
  return e === EMFILE || e === ENFILE || e === ENOBUFS || e === ENOMEM;
}
