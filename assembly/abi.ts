// What both sides of the boundary must know. Compiled by `asc` and by `tsc`, so: bare constants, no types, no imports.
// One section per owner; a layout offset that the host reads is asserted against its class beside that class.

// ---- memory map (bytes; see ARCHITECTURE.md "Memory") ----
export const PAGE = 0x10000;
export const GLOBAL_BASE = 0x20000; // process-wide words, below
export const CLUSTER_DIR = 0x40000; // u32[MAX_CLUSTERS]: cluster index -> Cluster object
export const MAX_CLUSTERS = 65536;
export const LISTENER_DIR = 0x80000; // u32[MAX_LISTENERS]: listener index -> Listener object
export const MAX_LISTENERS = 4096;
export const ROUTE_DIR = 0x84000; // u32[MAX_ROUTE_CONFIGS]: route config index -> RouteConfig object
export const MAX_ROUTE_CONFIGS = 65536;
export const PIN_FREE = 0xd0000; // u16[MAX_PINS]: free list of pin ids (control only)
export const MAX_PINS = 65536;
export const RETIRED = 0x100000; // retired objects that wait for their readers (control only)
export const MAX_RETIRED = 65536; // entries of RETIRED_SIZE bytes
export const RETIRED_SIZE = 8;
export const TABLE_BASE = 0x200000; // control's table heap
export const TABLE_END = 0x20000000;
export const WORKER_BASE = 0x20000000; // worker blocks, equal shares of what is left
export const MEMORY_PAGES = 32768;
export const MAX_WORKERS = 32;

// ---- global words (offsets from GLOBAL_BASE) ----
export const GLOBAL_EPOCH = 0; // u32, atomic: incremented by every publication
export const GLOBAL_STOP = 4; // u32, atomic: 0 run, 1 drain, 2 leave the loop now
export const GLOBAL_WORKERS = 8; // u32: number of worker blocks
export const GLOBAL_WORKER_SIZE = 12; // u32: bytes of one worker block
export const GLOBAL_TABLE_BYTES = 16; // u32: bytes in use in the table heap
export const GLOBAL_SEEN = 0x1000; // u32 every 64 bytes: epoch each worker has seen; SEEN_OFFLINE = holds no table
export const SEEN_STRIDE = 64;
export const SEEN_OFFLINE = -1; // as u32: larger than any epoch
export const STOP_RUN = 0;
export const STOP_DRAIN = 1;
export const STOP_NOW = 2;

// ---- worker block (offsets from the block's base W = WORKER_BASE + index * GLOBAL_WORKER_SIZE) ----
export const W_STATE = 0; // WorkerState, see assembly/memory/worker_block.ts
export const W_COMMANDS = 0x2000; // commands for the host, COMMAND_WORDS i32 each
export const W_COMMANDS_END = 0x10000;
export const W_REQUEST_HEAD = 0x10000; // Head of the request being handled
export const W_RESPONSE_HEAD = 0x18000; // Head of the response being handled
export const W_SCRATCH = 0x20000; // values made for the head being handled (bump, reset per head)
export const W_SCRATCH_END = 0x40000;
export const W_EVENTS = 0x40000; // struct epoll_event[W_EVENTS_MAX]
export const W_EVENTS_MAX = 512;
export const W_HOST = 0x44000; // the host's own scratch: sockaddr, options
export const W_RX_HEADROOM = 0x50000; // 192 KiB in which a head is laid before a body
export const W_RX = 0x80000; // receive buffer
export const RX_SIZE = 65536;
export const W_OUT = 0x98000; // outgoing bytes of this turn (bump)
export const W_OUT_END = 0x120000;
export const W_LOG_RING = 0x120000; // access log records: LogRing header, then bytes
export const W_LOG_RING_END = 0x200000;
export const W_PINS = 0x200000; // u32[MAX_PINS]: how often this worker holds an object
export const W_STATS = 0x240000; // u64[MAX_STATS]: counters, gauges, histogram buckets of this worker
export const MAX_STATS = 1048576;
export const W_CLUSTER_STATE = 0xa40000; // ClusterState[MAX_CLUSTERS]
export const CLUSTER_STATE_SIZE = 32;
export const W_ENDPOINT_STATE = 0xc40000; // EndpointState[MAX_ENDPOINTS]
export const MAX_ENDPOINTS = 262144;
export const ENDPOINT_STATE_SIZE = 32;
export const W_SLOTS = 0x1440000; // connection Slot[MAX_SLOTS]
export const MAX_SLOTS = 32768;
export const SLOT_SIZE = 256;
export const W_STREAMS = 0x1c40000; // Stream[MAX_STREAMS]
export const MAX_STREAMS = 32768;
export const STREAM_SIZE = 256;
export const W_DEADLINES = 0x2440000; // deadline heap: u32[MAX_SLOTS]
export const W_BUFFERS = 0x2480000; // buffer pool, to the end of the block
export const WORKER_MIN_SIZE = 0x2c80000; // 8 MiB of buffers at the least

// ---- commands: [op, slot, a, b] ----
export const COMMAND_WORDS = 4;
export const CMD_SEND = 1; // a = address, b = length
export const CMD_SEND_QUEUED = 2; // a = address, b = length: front of the slot's out chain; answer with onQueueSent
export const CMD_CONNECT = 3; // a = address of sockaddr, b = its length; slot is ready for the descriptor
export const CMD_CLOSE = 4; // a = 1: reset (SO_LINGER 0)
export const CMD_SHUTDOWN = 5; // shutdown(SHUT_WR)
export const CMD_READ = 6; // reading is wanted again and bytes may wait: receive once more
export const CMD_FILTER = 7; // a = stream, b = phase: run the host's filter
export const CMD_SPLICE = 8; // a = destination slot, b unused: move bytes by splice (Slot.spliceLeft)

// ---- slot fields that the host reads (asserted in assembly/stream/slot.ts) ----
export const SLOT_FD = 0; // i32, -1 = none
export const SLOT_GENERATION = 4; // u32
export const SLOT_KIND = 8; // u8
export const SLOT_STATE = 9; // u8
export const SLOT_IO = 10; // u8: IO_* bits
export const SLOT_OUT_BYTES = 12; // u32: bytes in the out chain
export const KIND_FREE = 0;
export const KIND_DOWNSTREAM_HTTP = 1;
export const KIND_UPSTREAM_HTTP = 2;
export const KIND_DOWNSTREAM_TCP = 3;
export const KIND_UPSTREAM_TCP = 4;
export const KIND_LISTENER = 5;
export const KIND_WAKE = 6;
export const IO_READ = 1; // the core wants bytes from this slot
export const IO_READABLE = 2; // the kernel may hold bytes that were not asked for
export const IO_CONNECTING = 4;
export const IO_CLOSING = 8; // close when the out chain is empty
export const IO_EOF = 16; // the peer has ended its side
export const IO_SPLICE = 32; // bytes move by splice
export const KIND_CLOSED = 7; // the host has yet to close the descriptor
export const CMD_FLUSHED = 9; // answer with onFlushed if the slot's out chain is empty
export const FILTER_REQUEST = 0; // phases of CMD_FILTER
export const FILTER_RESPONSE = 1;
export const VERDICT_CONTINUE = 0; // onFilterDone
export const VERDICT_REPLY = 1; // the filter has left a local reply
