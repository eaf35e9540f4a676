import { afterAll, expect, test } from 'vitest';
import { AIO_READ, AIO_WRITE, AioBatch, closeAio, openAio } from '../../../host/io/aio.js';
import { EAGAIN, ECONNRESET, EINVAL, EPIPE, MSG_DONTWAIT, SHUT_WR } from '../../../host/io/constants.js';
import { localAddress, openListener, setReset, startConnect, streamSocket } from '../../../host/io/socket.js';
import * as sys from '../../../host/io/syscalls.js';
import type { SocketAddress } from '../../../host/io/address.js';

const MAX = 8;
const LOOPBACK: SocketAddress = { family: 'ipv4', address: '127.0.0.1', port: 0 };
const context = openAio(MAX);
afterAll(() => closeAio(context));
const withAio = test.skipIf(context <= 0); // a kernel or a sandbox without it: every operation is a call of its own

const { view, address } = sys.staticArea(4096);
const bytes = new Uint8Array(view.buffer);

/** Connected non-blocking sockets. */
function pair(): [number, number] {
  const listener = openListener(LOOPBACK);
  const a = streamSocket('ipv4');
  startConnect(a, localAddress(listener)!);
  let b = -EAGAIN;
  while (b === -EAGAIN) b = sys.accept4(listener, 0, 0, 0o4000);
  sys.close(listener);
  return [a, b];
}

function sendText(fd: number, text: string): void {
  bytes.set(Buffer.from(text), 2048);
  expect(sys.send(fd, address + 2048, text.length, MSG_DONTWAIT)).toBe(text.length);
}

withAio('one submission receives from several sockets, each into its own bytes', () => {
  const pairs = Array.from({ length: 3 }, pair);
  pairs.forEach(([a], i) => sendText(a, `number ${i}`));
  const batch = new AioBatch(context, AIO_READ, MAX);
  pairs.forEach(([, b], i) => batch.set(i, b, address + i * 64, 64));
  expect(batch.submit(3)).toBe(3);
  for (let i = 0; i < 3; i++) {
    expect(Buffer.from(bytes.subarray(i * 64, i * 64 + batch.result(i))).toString()).toBe(`number ${i}`);
  }
  for (const fd of pairs.flat()) sys.close(fd);
});

withAio('an operation answers as recv does: nothing yet, the end, a reset, and it never waits', () => {
  const [quiet, ended, broken] = [pair(), pair(), pair()];
  sys.shutdown(ended[0], SHUT_WR);
  setReset(broken[0]);
  sys.close(broken[0]);
  const batch = new AioBatch(context, AIO_READ, MAX);
  [quiet, ended, broken].forEach(([, b], i) => batch.set(i, b, address, 64));
  expect(batch.submit(3)).toBe(3);
  expect([0, 1, 2].map((i) => batch.result(i))).toEqual([-EAGAIN, 0, -ECONNRESET]);
  for (const fd of [...quiet, ...ended, broken[1]]) sys.close(fd);
});

withAio('an operation answers as send does: all, a part, nothing, a broken pipe without a signal', () => {
  const [fine, full, shut] = [pair(), pair(), pair()];
  while (sys.send(full[0], address, 4096, MSG_DONTWAIT) > 0);
  sys.shutdown(shut[0], SHUT_WR);
  const batch = new AioBatch(context, AIO_WRITE, MAX);
  [fine, full, shut].forEach(([a], i) => batch.set(i, a, address, 100));
  expect(batch.submit(3)).toBe(3);
  expect([0, 1, 2].map((i) => batch.result(i))).toEqual([100, -EAGAIN, -EPIPE]);
  expect(sys.recv(fine[1], address, 4096, MSG_DONTWAIT)).toBe(100);
  for (const fd of [...fine, ...full, ...shut]) sys.close(fd);
});

withAio('what the kernel does not take is said to be left', () => {
  const [a, b] = pair();
  sendText(a, 'here');
  const batch = new AioBatch(context, AIO_READ, MAX);
  batch.set(0, b, address, 64);
  batch.set(1, -1, address, 64);
  batch.set(2, b, address, 64);
  expect(batch.submit(3)).toBe(1);
  expect(batch.result(0)).toBe(4);
  batch.setDescriptor(0, -1);
  expect(batch.submit(3)).toBe(0);
  sys.close(a);
  sys.close(b);
});

withAio('a context is used again and again, by reads and writes in turn', () => {
  const [a, b] = pair();
  const reads = new AioBatch(context, AIO_READ, MAX);
  const writes = new AioBatch(context, AIO_WRITE, MAX);
  for (let i = 0; i < 1000; i++) {
    writes.set(0, a, address + (i % 1000), 1);
    expect(writes.submit(1)).toBe(1);
    reads.set(0, b, address + 2000, 64);
    expect(reads.submit(1)).toBe(1);
    expect(reads.result(0)).toBe(1);
  }
  sys.close(a);
  sys.close(b);
});

test('where there can be no context there is the error, and nothing to close', () => {
  expect(openAio(0)).toBe(-EINVAL);
  closeAio(openAio(0));
});
