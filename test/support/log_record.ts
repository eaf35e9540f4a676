// The writer's side of a worker's ring of access log records, for tests (layout: abi.ts LOG_RING_*).
import * as abi from '../../assembly/abi.js';

export { logRecord, type RecordFacts } from '../../host/access_log/encode_record.js';

/** The writing side of a ring in `buffer`, for the worker whose block begins at `W`: false when it is full. */
export function writeRecord(buffer: ArrayBufferLike, W: number, record: Buffer): boolean {
  const words = new Int32Array(buffer, W + abi.W_LOG_RING, abi.LOG_RING_BYTES / 4);
  const bytes = new Uint8Array(buffer, W + abi.W_LOG_RING + abi.LOG_RING_BYTES, abi.LOG_RING_SIZE);
  let at = Atomics.load(words, abi.LOG_RING_WRITTEN / 4) >>> 0;
  const read = Atomics.load(words, abi.LOG_RING_READ / 4) >>> 0;
  const rest = abi.LOG_RING_SIZE - (at % abi.LOG_RING_SIZE);
  const skip = record.length > rest ? rest : 0;
  if (((at - read) >>> 0) + skip + record.length > abi.LOG_RING_SIZE) return false;
  if (skip) new DataView(buffer, bytes.byteOffset).setUint32(at % abi.LOG_RING_SIZE, abi.LOG_SKIP >>> 0, true);
  at = (at + skip) >>> 0;
  bytes.set(record, at % abi.LOG_RING_SIZE);
  Atomics.store(words, abi.LOG_RING_WRITTEN / 4, (at + record.length) | 0);
  return true;
}
