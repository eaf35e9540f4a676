// Slot: one connection of either side, of any protocol. The host reads the first 16 bytes (abi.ts SLOT_*).
import {
  CMD_READ,
  IO_READ,
  IO_READABLE,
  KIND_FREE,
  SLOT_ERRNO,
  SLOT_FD,
  SLOT_GENERATION,
  SLOT_IO,
  SLOT_KIND,
  SLOT_OUT_BYTES,
  SLOT_STATE,
} from '../abi';
import { MAX_SLOTS, SLOT_SIZE, W_SLOTS } from '../memory/map';
import { command, W, WorkerState } from '../memory/worker_block';

@unmanaged
export class Slot {
  fd: i32; // -1 = none
  generation: u32; // counts reuse, so that a stale event cannot hit the next owner
  kind: u8; // KIND_*
  state: u8; // DS_* or US_*
  io: u8; // IO_*
  flags: u8; // SF_*
  outBytes: u32; // bytes in the out chain
  outHead: u32; // first Segment
  outTail: u32;
  inBuffer: u32; // retained input (a partial head, or what waits for its turn): address, 0 = none
  inOffset: u32;
  inLength: u32;
  stream: u32; // address of the Stream that owns this connection now, 0 = none
  deadline: u32; // ms: key in the deadline heap, valid with heapIndex
  heapIndex: u32; // position in the deadline heap + 1, 0 = not in it
  activity: u32; // ms: start of the state that the idle timers measure
  opened: u32; // ms: accepted, or connect begun
  listener: u32; // downstream: address of the Listener object (pinned)
  hcm: u32; // downstream HTTP: address of HcmConfig
  cluster: u32; // upstream: cluster index
  endpoint: u32; // upstream: endpoint id
  next: u32; // free list; idle list of an endpoint: slot index + 1
  previous: u32;
  requests: u32; // requests begun on this connection; downstream TCP: connects tried
  bodyMode: u8; // BODY_*: framing of the message being received
  keepAlive: u8; // upstream: the response allows reuse
  priority: u8;
  errno: u8; // upstream: why the connect failed, 0 = not known; written by the host. Downstream TCP: of the last that failed
  left: u64; // BODY_LENGTH: bytes to come
  chunk0: u64; // ChunkState (16 bytes)
  chunk1: u64;
  sentHead: u32; // upstream: copy of the request head sent on a reused connection, 0 = none
  sentLength: u32;
  peer: u32; // tunnels and TCP: slot index + 1 of the other side
  id: u32; // connection id, for logs
  parsed: u32; // bytes of the retained partial head when it was last parsed; new: bytes of a PROXY header to be skipped
  responseFlags: u32; // downstream TCP: FLAG_* for the log
  drainEnd: u32; // ms: with SF_DRAINING, when the connection closes if it carries nothing
  endpoints: u32; // first of the dynamic endpoints that this slot owns, index + 1
  rxBytes: u64;
  txBytes: u64;
  chain: u32; // downstream: address of the FilterChain that serves it, part of `listener`
  found: u32; // downstream: what listener filters have found out (assembly/listener/found.ts), a buffer; 0 = nothing
  accepted: u32; // downstream: ms
  step: u8; // KIND_DOWNSTREAM_NEW: index of the listener filter that waits for bytes
  transport: u8; // TRANSPORT_*: as detected
  handedOver: u8; // 1: came from another listener by its original destination
  reset: u8; // upstream: RESET_* of a connect that failed at once. Downstream TCP: of the last connect that failed so
  // ConnFacts of the connection manager: 80 bytes from SLOT_FACTS on
}

/** Offset of the connection's ConnFacts (80 bytes; assembly/http/conn_facts.ts). */
export const SLOT_FACTS: usize = 176;

if (offsetof<Slot>() > SLOT_FACTS) ERROR('slot: Slot overlaps its facts');
if (offsetof<Slot>('fd') != SLOT_FD) ERROR('abi: SLOT_FD');
if (offsetof<Slot>('generation') != SLOT_GENERATION) ERROR('abi: SLOT_GENERATION');
if (offsetof<Slot>('kind') != SLOT_KIND) ERROR('abi: SLOT_KIND');
if (offsetof<Slot>('state') != SLOT_STATE) ERROR('abi: SLOT_STATE');
if (offsetof<Slot>('io') != SLOT_IO) ERROR('abi: SLOT_IO');
if (offsetof<Slot>('errno') != SLOT_ERRNO) ERROR('abi: SLOT_ERRNO');
if (offsetof<Slot>('outBytes') != SLOT_OUT_BYTES) ERROR('abi: SLOT_OUT_BYTES');

// Slot.state, downstream HTTP
export const DS_HEAD: u8 = 0; // between requests, or in a partial head
export const DS_BLOCKED: u8 = 1; // the stream waits (a filter, a connection, an upgrade): its body stays unread
export const DS_BODY: u8 = 2; // forwarding the request body
export const DS_WAIT: u8 = 3; // request received whole, response outstanding
export const DS_CLOSING: u8 = 4; // answered for the last time: input is discarded until the peer closes or time is up
export const DS_TUNNEL: u8 = 5;

// Slot.state, upstream HTTP
export const US_CONNECTING: u8 = 0;
export const US_IDLE: u8 = 1;
export const US_HEAD: u8 = 2; // a response head is due
export const US_BODY: u8 = 3;
export const US_TUNNEL: u8 = 4;
export const US_BLOCKED: u8 = 5; // a host filter holds the response head: the body stays unread

// Slot.flags
export const SF_REUSED: u8 = 1; // upstream: had carried a request before this one
export const SF_CLOSE_AFTER_FLUSH: u8 = 2;
export const SF_SHUTDOWN_AFTER_FLUSH: u8 = 4;
export const SF_READ_EOF: u8 = 8; // the peer has ended its side
export const SF_WRITE_EOF: u8 = 16; // we have ended ours
export const SF_RX_STARTED: u8 = 32; // upstream: bytes of this response have come
export const SF_DELAYED_CLOSE: u8 = 64; // downstream: wait for the peer to close after the flush
export const SF_DRAINING: u8 = 128; // downstream: idle or open for too long: the next response is the last

// Slot.bodyMode
export const BODY_NONE: u8 = 0;
export const BODY_LENGTH: u8 = 1;
export const BODY_CHUNKED: u8 = 2;
export const BODY_UNTIL_EOF: u8 = 3;
export const BODY_TRAILERS: u8 = 4; // behind the last chunk

export function slotAt(index: u32): Slot {
  return changetype<Slot>(W + W_SLOTS + <usize>index * SLOT_SIZE);
}

export function slotIndex(s: Slot): u32 {
  return <u32>((changetype<usize>(s) - W - W_SLOTS) / SLOT_SIZE);
}

/** A cleared slot of `kind` without a descriptor, or null when all are taken. */
export function slotNew(kind: u8): Slot | null {
  const w = changetype<WorkerState>(W);
  let s: Slot;
  if (w.freeSlot) {
    s = slotAt(w.freeSlot - 1);
    w.freeSlot = s.next;
  } else {
    if (w.slotCount >= MAX_SLOTS) return null;
    s = slotAt(w.slotCount++);
  }
  const generation = s.generation;
  memory.fill(changetype<usize>(s), 0, SLOT_SIZE);
  s.generation = generation;
  s.fd = -1;
  s.kind = kind;
  return s;
}

export function slotFree(s: Slot): void {
  const w = changetype<WorkerState>(W);
  s.kind = <u8>KIND_FREE;
  s.fd = -1;
  s.generation++;
  s.next = w.freeSlot;
  w.freeSlot = slotIndex(s) + 1;
}

/** Sets whether the core wants bytes from this slot; asks the host to receive when some may wait already. */
export function slotRead(s: Slot, want: bool): void {
  if (!want) {
    s.io &= ~(<u8>IO_READ);
    return;
  }
  if (s.io & IO_READ) return;
  s.io |= <u8>IO_READ;
  if (s.io & IO_READABLE) command(CMD_READ, slotIndex(s), 0, 0);
}
