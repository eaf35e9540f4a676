// This instance's worker block. `W` is a WebAssembly global, private to the instance: 0 in the control thread.
import {
  WORKER_ACTIVE_STREAMS,
  WORKER_COMMANDS,
  WORKER_DATE,
  WORKER_DRAINING,
  WORKER_DYNAMIC_COUNT,
  WORKER_NOW,
  WORKER_OPEN_DOWNSTREAM,
  WORKER_OUT,
  WORKER_RANDOM,
  WORKER_RX_HELD,
  WORKER_SLOT_COUNT,
  WORKER_STREAM_COUNT,
  WORKER_WALL_MILLIS,
  WORKER_WALL_SECONDS,
} from '../abi';
import {
  COMMAND_WORDS,
  GLOBAL_BASE,
  GLOBAL_EPOCH,
  GLOBAL_SEEN,
  GLOBAL_WORKER_SIZE,
  SEEN_OFFLINE,
  SEEN_STRIDE,
  W_COMMANDS,
  W_COMMANDS_END,
  W_OUT,
  W_PINS,
  W_SCRATCH,
  W_SCRATCH_END,
  WORKER_BASE,
} from './map';
import { ObjectHeader } from './object';

const OUT_SOFT_LIMIT: u32 = 0x40000;
const COMMANDS_SOFT_LIMIT: u32 = 0x6000;

/** First bytes of a worker block. Times are monotonic milliseconds since the process started. */
@unmanaged
export class WorkerState {
  now: u32; // ms, monotonic; written by the host once a turn
  index: u32;
  commands: u32; // bytes used in the command buffer
  out: u32; // next free address in the out area
  scratch: u32; // next free address in the scratch area
  freeSlot: u32; // head of the free list of slots, by index + 1; 0 = none
  freeStream: u32;
  slotCount: u32; // slots ever used: the bump index
  streamCount: u32;
  deadlines: u32; // entries in the deadline heap
  randomA: u64; // xoroshiro128+
  randomB: u64;
  wallSeconds: u64; // Unix seconds, with `date`; written by the host once a second
  wallMillis: u64; // Unix milliseconds; written by the host once a turn
  date: u64; // "Sun, 06 Nov 1994 08:49:37 GMT": 29 bytes from here on
  date1: u64;
  date2: u64;
  date3: u64;
  openDownstream: u32; // downstream connections
  draining: u32; // 1: every response ends its connection
  activeStreams: u32;
  connectionIds: u32; // last connection id given
  rxHeld: u32; // 1: a command refers to the receive buffer, so commands must be carried out before the next receive
  streamIds: u32; // last stream id given
  bufferBump: u32;
  bufferBytes: u32; // bytes of the buffer pool in use
  dynamicFree: u32; // free list of DynamicEndpoints, index + 1
  dynamicCount: u32; // DynamicEndpoints ever used: the bump index
  dynamicHand: u32; // where the search for one to give up goes on
  endpointOwners: u32; // first slot of KIND_ENDPOINTS, index + 1
  bufferFree: u32; // u32[16]: free lists by size class (see assembly/memory/buffer.ts)
}

if (offsetof<WorkerState>('now') != WORKER_NOW) ERROR('abi: WORKER_NOW');
if (offsetof<WorkerState>('slotCount') != WORKER_SLOT_COUNT) ERROR('abi: WORKER_SLOT_COUNT');
if (offsetof<WorkerState>('streamCount') != WORKER_STREAM_COUNT) ERROR('abi: WORKER_STREAM_COUNT');
if (offsetof<WorkerState>('randomA') != WORKER_RANDOM) ERROR('abi: WORKER_RANDOM');
if (offsetof<WorkerState>('openDownstream') != WORKER_OPEN_DOWNSTREAM) ERROR('abi: WORKER_OPEN_DOWNSTREAM');
if (offsetof<WorkerState>('commands') != WORKER_COMMANDS) ERROR('abi: WORKER_COMMANDS');
if (offsetof<WorkerState>('out') != WORKER_OUT) ERROR('abi: WORKER_OUT');
if (offsetof<WorkerState>('rxHeld') != WORKER_RX_HELD) ERROR('abi: WORKER_RX_HELD');
if (offsetof<WorkerState>('wallSeconds') != WORKER_WALL_SECONDS) ERROR('abi: WORKER_WALL_SECONDS');
if (offsetof<WorkerState>('wallMillis') != WORKER_WALL_MILLIS) ERROR('abi: WORKER_WALL_MILLIS');
if (offsetof<WorkerState>('date') != WORKER_DATE) ERROR('abi: WORKER_DATE');
if (offsetof<WorkerState>('activeStreams') != WORKER_ACTIVE_STREAMS) ERROR('abi: WORKER_ACTIVE_STREAMS');
if (offsetof<WorkerState>('dynamicCount') != WORKER_DYNAMIC_COUNT) ERROR('abi: WORKER_DYNAMIC_COUNT');
if (offsetof<WorkerState>('draining') != WORKER_DRAINING) ERROR('abi: WORKER_DRAINING');

export let W: usize = 0;

/** Makes this instance worker `index`'s: control has set GLOBAL_WORKER_SIZE and zeroed the block. */
export function workerAttach(index: u32): usize {
  W = WORKER_BASE + <usize>index * <usize>load<u32>(GLOBAL_BASE + GLOBAL_WORKER_SIZE);
  const w = changetype<WorkerState>(W);
  w.index = index;
  w.out = <u32>(W + W_OUT);
  w.scratch = <u32>(W + W_SCRATCH);
  return W;
}

/** From here on this worker may read published objects (call after epoll_wait returned). */
export function online(): void {
  const seen = GLOBAL_BASE + GLOBAL_SEEN + <usize>changetype<WorkerState>(W).index * SEEN_STRIDE;
  // The store must be visible before the table words are read, and the epoch must not have moved in between.
  let epoch: u32;
  do {
    epoch = atomic.load<u32>(GLOBAL_BASE + GLOBAL_EPOCH);
    atomic.store<u32>(seen, epoch);
  } while (atomic.load<u32>(GLOBAL_BASE + GLOBAL_EPOCH) != epoch);
}

/** This worker holds no unpinned object from here on (call before epoll_wait). */
export function offline(): void {
  atomic.store<u32>(GLOBAL_BASE + GLOBAL_SEEN + <usize>changetype<WorkerState>(W).index * SEEN_STRIDE, SEEN_OFFLINE);
}

/** Keeps a published object alive across loop turns. */
export function pin(object: usize): void {
  const p = W + W_PINS + ((<usize>changetype<ObjectHeader>(object).pin) << 2);
  store<u32>(p, load<u32>(p) + 1);
}

export function unpin(object: usize): void {
  const p = W + W_PINS + ((<usize>changetype<ObjectHeader>(object).pin) << 2);
  store<u32>(p, load<u32>(p) - 1);
}

/** Appends a command for the host. The host empties the buffer after each entry; it never comes near its end. */
export function command(op: i32, slot: u32, a: usize, b: u32): void {
  const w = changetype<WorkerState>(W);
  const p = W + W_COMMANDS + w.commands;
  if (p >= W + W_COMMANDS_END - COMMAND_WORDS * 4) unreachable(); // broken invariant: the worker is replaced
  store<i32>(p, op);
  store<u32>(p, slot, 4);
  store<u32>(p, <u32>a, 8);
  store<u32>(p, b, 12);
  w.commands += <u32>COMMAND_WORDS * 4;
}

/** Whether the host should carry out what was decided before more is: what does much in one entry stops here and goes on later. */
export function listsCrowded(): bool {
  const w = changetype<WorkerState>(W);
  return w.out > <u32>(W + W_OUT + OUT_SOFT_LIMIT) || w.commands > COMMANDS_SOFT_LIMIT;
}

/** `n` bytes for a value of the head being handled; 0 when the scratch area is full. Valid until scratchReset. */
export function scratch(n: u32): usize {
  const w = changetype<WorkerState>(W);
  const p: usize = w.scratch;
  const next = p + ((<usize>n + 15) & ~15);
  if (next > W + W_SCRATCH_END) return 0;
  w.scratch = <u32>next;
  return p;
}

export function scratchReset(): void {
  changetype<WorkerState>(W).scratch = <u32>(W + W_SCRATCH);
}

/** 64 random bits (xoroshiro128+, seeded by the host from the operating system). Not for secrets. */
export function random64(): u64 {
  const w = changetype<WorkerState>(W);
  const a = w.randomA;
  let b = w.randomB;
  const result = a + b;
  b ^= a;
  w.randomA = rotl(a, 24) ^ b ^ (b << 16);
  w.randomB = rotl(b, 37);
  return result;
}
