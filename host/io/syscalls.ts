// The system calls, over FFI. With `openssl.ts` the only file that knows koffi.
//
// Every function answers as the kernel does: the result, or the negated errno. None fails with EINTR. Pointers are
// Numbers (a BigInt costs three times the call); take them from `addressOf` once, and add offsets.
import koffi, { type LibraryHandle } from 'koffi';
import { getSystemErrorMap } from 'node:util';
import { AIO_SYSCALLS_ARM64, AIO_SYSCALLS_X64, EINPROGRESS, EINTR, MADV_DONTNEED } from './constants.js';

type Call = (...args: number[]) => number;

// Symbols of the C library that node itself uses. Where it has another name (musl), the process's own symbol table.
function loadLibc(): LibraryHandle {
  try {
    return koffi.load('libc.so.6');
  } catch {
    return koffi.load(null);
  }
}

if (process.platform !== 'linux') throw new Error(`weft needs Linux (this is ${process.platform})`);
const libc = loadLibc();
const define = (prototype: string): Call => libc.func(prototype) as unknown as Call;

/** What not every C library has: undefined there. */
function defineOptional(prototype: string): Call | undefined {
  try {
    return define(prototype);
  } catch {
    return undefined;
  }
}

const errno: () => number = koffi.errno;
const c = {
  epoll_create1: define('int epoll_create1(int)'),
  epoll_ctl: define('int epoll_ctl(int, int, int, uintptr_t)'),
  epoll_wait: define('int epoll_wait(int, uintptr_t, int, int)'),
  socket: define('int socket(int, int, int)'),
  bind: define('int bind(int, uintptr_t, int)'),
  listen: define('int listen(int, int)'),
  accept4: define('int accept4(int, uintptr_t, uintptr_t, int)'),
  connect: define('int connect(int, uintptr_t, int)'),
  getsockopt: define('int getsockopt(int, int, int, uintptr_t, uintptr_t)'),
  setsockopt: define('int setsockopt(int, int, int, uintptr_t, int)'),
  getsockname: define('int getsockname(int, uintptr_t, uintptr_t)'),
  getpeername: define('int getpeername(int, uintptr_t, uintptr_t)'),
  recv: define('int recv(int, uintptr_t, size_t, int)'),
  send: define('int send(int, uintptr_t, size_t, int)'),
  shutdown: define('int shutdown(int, int)'),
  close: define('int close(int)'),
  eventfd: define('int eventfd(unsigned int, int)'),
  pipe2: define('int pipe2(uintptr_t, int)'),
  splice: define('int64_t splice(int, uintptr_t, int, uintptr_t, size_t, unsigned int)'),
  read: define('int64_t read(int, uintptr_t, size_t)'),
  write: define('int64_t write(int, uintptr_t, size_t)'),
  fcntl: define('int fcntl(int, int, int)'),
  umask: define('int umask(int)'),
  getrlimit: define('int getrlimit(int, uintptr_t)'),
  setrlimit: define('int setrlimit(int, uintptr_t)'),
  madvise: define('int madvise(uintptr_t, size_t, int)'),
  malloc_trim: defineOptional('int malloc_trim(size_t)'),
  setns: define('int setns(int, int)'),
  _exit: define('void _exit(int)'),
  // The C library has no functions of its own for these.
  io_setup: define('int syscall(long, long, uintptr_t)'),
  io_destroy: define('int syscall(long, uintptr_t)'),
  io_submit: define('int syscall(long, uintptr_t, long, uintptr_t)'),
  io_getevents: define('int syscall(long, uintptr_t, long, long, uintptr_t, uintptr_t)'),
};

// The slow path of every call: 0 asks for the call to be made again.
function failure(): number {
  const e = errno();
  return e === EINTR ? 0 : -e;
}

/**
 * The address of the bytes of `view`. They must not lie on V8's heap, which moves them: use a view over linear memory
 * or over `new ArrayBuffer(n)`, not a small typed array of its own.
 */
export function addressOf(view: ArrayBufferView | ArrayBufferLike): number {
  return Number(koffi.address(ArrayBuffer.isView(view) ? view : new Uint8Array(view)));
}

const areas: ArrayBuffer[] = [];

/**
 * Bytes for the arguments of system calls that live as long as the thread. (An ArrayBuffer of which only the address is used
 * would be collected: V8 cannot know that the kernel writes there.)
 */
export function staticArea(length: number): { view: DataView; address: number } {
  const buffer = new ArrayBuffer(length);
  areas.push(buffer);
  return { view: new DataView(buffer), address: addressOf(buffer) };
}

/** `ECONNREFUSED: connection refused`, for the (negated or plain) errno. */
export function errorText(errno: number): string {
  const entry = getSystemErrorMap().get(-Math.abs(errno));
  return entry ? `${entry[0]}: ${entry[1]}` : `errno ${Math.abs(errno)}`;
}

export function recv(fd: number, address: number, length: number, flags: number): number {
  for (;;) {
    const r = c.recv(fd, address, length, flags);
    if (r >= 0) return r;
    const e = failure();
    if (e) return e;
  }
}

export function send(fd: number, address: number, length: number, flags: number): number {
  for (;;) {
    const r = c.send(fd, address, length, flags);
    if (r >= 0) return r;
    const e = failure();
    if (e) return e;
  }
}

/** `addressOut` and `lengthOut` (both or neither 0): where the peer's sockaddr and its length go. */
export function accept4(fd: number, addressOut: number, lengthOut: number, flags: number): number {
  for (;;) {
    const r = c.accept4(fd, addressOut, lengthOut, flags);
    if (r >= 0) return r;
    const e = failure();
    if (e) return e;
  }
}

/** An interrupted connect goes on by itself (POSIX), so it answers -EINPROGRESS. */
export function connect(fd: number, address: number, length: number): number {
  if (c.connect(fd, address, length) === 0) return 0;
  return failure() || -EINPROGRESS;
}

/** Linux frees the descriptor even where close is interrupted: never called again, or it closes somebody else's. */
export function close(fd: number): number {
  return c.close(fd) === 0 ? 0 : failure();
}

/** Interrupted: answers 0 events, so that the caller derives its time-out again. */
export function epollWait(epoll: number, events: number, max: number, timeoutMs: number): number {
  const n = c.epoll_wait(epoll, events, max, timeoutMs);
  return n >= 0 ? n : failure();
}

export function read(fd: number, address: number, length: number): number {
  for (;;) {
    const r = c.read(fd, address, length);
    if (r >= 0) return r;
    const e = failure();
    if (e) return e;
  }
}

export function write(fd: number, address: number, length: number): number {
  for (;;) {
    const r = c.write(fd, address, length);
    if (r >= 0) return r;
    const e = failure();
    if (e) return e;
  }
}

/** Moves bytes between a pipe and a socket; neither side may name an offset. */
export function splice(from: number, to: number, length: number, flags: number): number {
  for (;;) {
    const r = c.splice(from, 0, to, 0, length, flags);
    if (r >= 0) return r;
    const e = failure();
    if (e) return e;
  }
}

// The rest is never hot, so one helper repeats what was interrupted.
function repeat(call: Call, ...args: number[]): number {
  for (;;) {
    const r = call(...args);
    if (r >= 0) return r;
    const e = failure();
    if (e) return e;
  }
}

export const epollCreate1 = (flags: number): number => repeat(c.epoll_create1, flags);
export const epollCtl = (epoll: number, op: number, fd: number, event: number): number =>
  repeat(c.epoll_ctl, epoll, op, fd, event);
export const socket = (family: number, type: number, protocol: number): number =>
  repeat(c.socket, family, type, protocol);
export const bind = (fd: number, address: number, length: number): number => repeat(c.bind, fd, address, length);
export const listen = (fd: number, backlog: number): number => repeat(c.listen, fd, backlog);
export const getsockopt = (fd: number, level: number, name: number, value: number, length: number): number =>
  repeat(c.getsockopt, fd, level, name, value, length);
export const setsockopt = (fd: number, level: number, name: number, value: number, length: number): number =>
  repeat(c.setsockopt, fd, level, name, value, length);
export const getsockname = (fd: number, address: number, length: number): number =>
  repeat(c.getsockname, fd, address, length);
export const getpeername = (fd: number, address: number, length: number): number =>
  repeat(c.getpeername, fd, address, length);
export const shutdown = (fd: number, how: number): number => repeat(c.shutdown, fd, how);
export const eventfd = (initial: number, flags: number): number => repeat(c.eventfd, initial, flags);
/** `fds`: address of i32[2], read end first. */
export const pipe2 = (fds: number, flags: number): number => repeat(c.pipe2, fds, flags);
export const fcntl = (fd: number, op: number, arg: number): number => repeat(c.fcntl, fd, op, arg);
export const umask = (mask: number): number => c.umask(mask);
/** `limit`: address of u64[2], soft then hard. */
export const getrlimit = (resource: number, limit: number): number => repeat(c.getrlimit, resource, limit);
export const setrlimit = (resource: number, limit: number): number => repeat(c.setrlimit, resource, limit);

/** Moves the calling thread, and what it starts, into the name space that `fd` stands for. */
export const setns = (fd: number, type: number): number => repeat(c.setns, fd, type);

const AIO = process.arch === 'x64' ? AIO_SYSCALLS_X64 : AIO_SYSCALLS_ARM64;

/** `contextOut`: address of a zeroed u64. */
export const ioSetup = (max: number, contextOut: number): number => repeat(c.io_setup, AIO.setup, max, contextOut);
export const ioDestroy = (context: number): number => repeat(c.io_destroy, AIO.destroy, context);

/** `list`: address of `count` addresses of `struct iocb`. How many were carried out. */
export function ioSubmit(context: number, count: number, list: number): number {
  const n = c.io_submit(AIO.submit, context, count, list);
  return n >= 0 ? n : failure();
}

/** `events`: address of `struct io_event[max]`. How many were taken; 0 also after an interruption. */
export function ioGetEvents(context: number, min: number, max: number, events: number): number {
  const n = c.io_getevents(AIO.getevents, context, min, max, events, 0);
  return n >= 0 ? n : failure();
}

/** Makes whole pages zero and gives them back to the operating system (private anonymous memory only). */
export const releasePages = (address: number, length: number): number =>
  repeat(c.madvise, address, length, MADV_DONTNEED);

/** Gives back the free memory of malloc, of all threads' arenas; musl has no such call and keeps little. */
export function releaseFreeMemory(): void {
  c.malloc_trim?.(0);
}

/** Ends the process at once, whatever its threads do. The last resort: nothing is flushed. */
export function exitNow(status: number): never {
  c._exit(status);
  throw new Error('unreachable');
}
