import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { GrpcLogModel } from '../../../host/access_log/grpc_log.js';
import { Descriptors } from '../../../host/config/descriptors.js';
import { GrpcAccessLogs } from '../../../host/reports/grpc_access_logs.js';
import { FakeTransport } from '../../support/fake_transport.js';

const descriptors = new Descriptors();
const MESSAGE = descriptors.type('envoy.service.accesslog.v3.StreamAccessLogsMessage');

const MODEL: GrpcLogModel = {
  kind: 'http',
  logName: 'log',
  service: {} as never,
  path: '',
  flushInterval: 1000,
  bufferSize: 10_000,
  backOff: { base: 100, max: 100 },
};

interface Told {
  identifier?: { log_name: string };
  http_logs: { log_entry: { request: { path: string } }[] };
}

let transport: FakeTransport;
let logs: GrpcAccessLogs;

beforeEach(() => {
  vi.useFakeTimers();
  transport = new FakeTransport();
  logs = new GrpcAccessLogs({
    descriptors: () => descriptors,
    channel: () => transport,
    node: { id: 'n' } as never,
    log: () => {},
  });
});
afterEach(() => vi.useRealTimers());

const entry = (path: string): Record<string, unknown> => ({ request: { path } });
const told = (bytes: Uint8Array): Told => MESSAGE.toObject(MESSAGE.decode(bytes)) as Told;
const paths = (bytes: Uint8Array): string[] => told(bytes).http_logs.log_entry.map(({ request }) => request.path);

test('entries wait for the interval, and only the first message of a stream says who speaks', () => {
  const log = logs.open(MODEL);
  log.add(entry('/a'));
  log.add(entry('/b'));
  expect(transport.streams).toEqual([]);
  vi.advanceTimersByTime(1000);
  log.add(entry('/c'));
  vi.advanceTimersByTime(1000);
  const [{ sent, method }] = transport.streams;
  expect(method).toBe('/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs');
  expect(sent.map(paths)).toEqual([['/a', '/b'], ['/c']]);
  expect(sent.map((bytes) => told(bytes).identifier?.log_name)).toEqual(['log', undefined]);
  expect(logs.stats).toEqual({ logs_written: 3, logs_dropped: 0, grpc_entries_flushed: 3 });
});

test('a full buffer does not wait for the interval, and none at all sends each entry at once', () => {
  const full = logs.open(MODEL);
  full.add(entry('/'.repeat(9000)));
  expect(transport.streams).toEqual([]);
  full.add(entry('/'.repeat(1000)));
  expect(transport.streams[0].sent.map((bytes) => paths(bytes).length)).toEqual([2]);
  const none = logs.open({ ...MODEL, bufferSize: 0 });
  none.add(entry('/'));
  none.add(entry('/'));
  expect(transport.streams[1].sent).toHaveLength(2);
});

test('the same configuration shares one stream, which ends with its last user', async () => {
  const [one, two] = [logs.open(MODEL), logs.open({ ...MODEL, path: 'elsewhere' })];
  one.add(entry('/1'));
  two.add(entry('/2'));
  vi.advanceTimersByTime(1000);
  expect(transport.streams).toHaveLength(1);
  one.close();
  expect(transport.streams[0].isEnded).toBe(false);
  two.add(entry('/3'));
  two.close();
  await vi.advanceTimersByTimeAsync(10);
  const [stream] = transport.streams;
  expect(stream.isEnded).toBe(true);
  expect(stream.sent.flatMap(paths)).toEqual(['/1', '/2', '/3']);
});

test('a service that does not take them costs no more than a mebibyte, and what is dropped is counted', () => {
  transport.isWritable = false;
  const log = logs.open(MODEL);
  const taken = Array.from({ length: 3000 }, () => log.add(entry('/'.repeat(1000)))).filter((each) => each).length;
  expect(taken).toBeGreaterThan(1000);
  expect(taken).toBeLessThan(1049);
  expect(logs.stats).toEqual({ logs_written: taken, logs_dropped: 3000 - taken, grpc_entries_flushed: 0 });
  transport.streams[0].isWritable = true;
  vi.advanceTimersByTime(1000);
  expect(paths(transport.streams[0].sent[0])).toHaveLength(taken);
  expect(log.add(entry('/'))).toBe(true);
});

test('a stream that ends is opened again after a while, and says again who speaks', () => {
  const log = logs.open(MODEL);
  log.add(entry('/a'));
  vi.advanceTimersByTime(1000);
  log.add(entry('/b'));
  transport.streams[0].handlers.closed('gone');
  log.flush();
  expect(transport.streams).toHaveLength(1);
  vi.advanceTimersByTime(100);
  expect(transport.streams).toHaveLength(2);
  vi.advanceTimersByTime(1000);
  const [bytes] = transport.streams[1].sent;
  expect(paths(bytes)).toEqual(['/b']);
  expect(told(bytes).identifier?.log_name).toBe('log');
});

test('the end does not wait for a service that is not there', async () => {
  transport.isWritable = false;
  const log = logs.open(MODEL);
  log.add(entry('/a'));
  const end = logs.end(500);
  await vi.advanceTimersByTimeAsync(600);
  await end;
  expect(logs.stats.logs_dropped).toBe(1);
  expect(transport.streams.every(({ isClosed }) => isClosed)).toBe(true);
});
