// An eventfd: how one thread takes another out of epoll_wait.
import { EFD_CLOEXEC, EFD_NONBLOCK } from './constants.js';
import * as sys from './syscalls.js';

const { view, address } = sys.staticArea(16); // what is written, what is read
view.setBigUint64(0, 1n, true);

/** A new eventfd for an epoll set. Throws where the descriptors are used up. */
export function openWake(): number {
  const fd = sys.eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (fd < 0) throw new Error(`eventfd: ${sys.errorText(fd)}`);
  return fd;
}

/** Makes the eventfd readable; any number of wakes before it is cleared count as one. */
export function wake(fd: number): void {
  sys.write(fd, address, 8);
}

/** Takes what was written, so that the next wake is an event again. */
export function clearWake(fd: number): void {
  sys.read(fd, address + 8, 8);
}
