// What both sides of the boundary must know. Compiled by `asc` and by `tsc`, so: bare constants, no types, no imports.
// One section per owner; a layout offset that the host reads is asserted against its class beside that class.

// ---- memory map (bytes; see ARCHITECTURE.md "Memory") ----
export const PAGE = 0x10000;
export const GLOBAL_BASE = 0x20000; // process-wide words, below
export const CLUSTER_DIR = 0x40000; // u32[MAX_CLUSTERS]: cluster index -> Cluster object
export const MAX_CLUSTERS = 32768;
export const LISTENER_DIR = 0x80000; // u32[MAX_LISTENERS]: listener index -> Listener object
export const MAX_LISTENERS = 4096;
export const ROUTE_DIR = 0x84000; // u32[MAX_ROUTE_CONFIGS]: route config index -> RouteConfig object
export const MAX_ROUTE_CONFIGS = 65536;
export const PIN_FREE = 0xd0000; // u16[MAX_PINS]: free list of pin ids (control only)
export const MAX_PINS = 65536;
export const RETIRED = 0x100000; // retired objects that wait for their readers (control only)
export const RETIRED_SIZE = 8; // of one of MAX_PINS entries
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
export const GLOBAL_CLUSTER_NAMES = 20; // u32, atomic: the ClusterNames object, 0 = none
export const GLOBAL_LOG_LEVEL = 24; // u32: LOG_* below which workers log nothing
export const GLOBAL_LISTENER_ADDRESSES = 28; // u32, atomic: the ListenerAddresses object, 0 = none
export const GLOBAL_RUNTIME = 32; // u32, atomic: the RuntimeTable object, 0 = none
export const GLOBAL_FILTER_IDS = 60; // u32: last id given to the configuration of a host filter, or to what a route says to filters (control only)
export const GLOBAL_SEEN = 0x1000; // u32 every 64 bytes: epoch each worker has seen; SEEN_OFFLINE = holds no table
export const SEEN_STRIDE = 64;
export const SEEN_OFFLINE = -1; // as u32: larger than any epoch
export const STOP_RUN = 0;
export const STOP_DRAIN = 1;
export const STOP_NOW = 2;

// ---- regular expressions (assembly/regex/, host/compile/regex/) ----
export const NFA_MAX_STATES = 10000;
export const DFA_MAX_STATES = 10000;

// ---- runtime (assembly/runtime/, host/runtime/) ----
export const MAX_RUNTIME_KEYS = 65536; // keys that the configuration names
export const RUNTIME_FRACTION = 1; // how a value may be read
export const RUNTIME_INTEGER = 2;
export const RUNTIME_BOOLEAN = 4;
export const RUNTIME_TRUE = 8; // RUNTIME_BOOLEAN: it is true

// ---- worker block (offsets from the block's base W = WORKER_BASE + index * GLOBAL_WORKER_SIZE) ----
export const W_STATE = 0; // WorkerState, see assembly/memory/worker_block.ts
export const W_REQUEST_HEAD = 0x10000; // Head of the request being handled
export const W_RESPONSE_HEAD = 0x18000; // Head of the response being handled
export const W_SCRATCH = 0x20000; // values made for the head being handled (bump, reset per head)
export const W_SCRATCH_END = 0x40000;
export const W_EVENTS = 0x40000; // struct epoll_event[W_EVENTS_MAX]
// One turn's. More would save nothing, and let whoever waits for this worker's sends wait: with 512 connections on a crowded machine 512 events
// a turn served a third fewer requests than 16 to 32, at twice the p99.
export const W_EVENTS_MAX = 24;
export const W_HOST = 0x44000; // the host's own scratch, 48 KiB: sockaddr, options, replies of its filters
export const W_RX_HEADROOM = 0x50000; // 192 KiB in which a head is laid before a body
export const W_RX = 0x80000; // receive buffer
export const RX_SIZE = 65536;
export const W_LINES = 0x91000; // log lines for control: written u32, read u32, dropped u32, signalled u32; bytes from +64
export const W_LINES_END = 0x95040; // 16 KiB of bytes: a power of two, as positions run on over 2^32
export const W_DESCRIPTORS = 0x96000; // i32[W_DESCRIPTORS_MAX]: descriptors besides the slots' (pipes), fd + 1, 0 = none
export const W_DESCRIPTORS_MAX = 256;
export const W_OUT = 0x98000; // outgoing bytes of this turn (bump)
export const W_OUT_END = 0x120000;
export const W_LOG_RING = 0x120000; // access log records: LogRing header, then bytes
export const W_LOG_RING_END = 0x200000;
export const W_PINS = 0x200000; // u32[MAX_PINS]: how often this worker holds an object
export const W_STATS = 0x240000; // u64[MAX_STATS]: counters, gauges, histogram buckets of this worker
export const MAX_STATS = 1048576;
export const W_CLUSTER_STATE = 0xa40000; // ClusterState[MAX_CLUSTERS]
export const CLUSTER_STATE_SIZE = 64; // a cache line
export const W_ENDPOINT_STATE = 0xc40000; // EndpointState[MAX_ENDPOINTS]
export const MAX_ENDPOINTS = 131072;
export const ENDPOINT_STATE_SIZE = 64; // a cache line
export const W_SLOTS = 0x1440000; // connection Slot[MAX_SLOTS]
export const MAX_SLOTS = 32768;
export const SLOT_SIZE = 256;
export const W_STREAMS = 0x1c40000; // Stream[MAX_STREAMS]
export const MAX_STREAMS = 32768;
export const STREAM_SIZE = 256;
export const W_DEADLINES = 0x2440000; // deadline heap: u32[MAX_SLOTS]
export const W_REGEX = 0x2460000; // state sets of the NFA being simulated: 7 * NFA_MAX_STATES bytes
export const W_COMMANDS = 0x2480000; // commands for the host, COMMAND_WORDS i32 each: a few for every stream that may end in one entry
export const W_COMMANDS_END = 0x2680000;
export const W_DYNAMIC_BUCKETS = 0x2680000; // u32[DYNAMIC_ENDPOINTS]: hash of an address -> first DynamicEndpoint, index + 1
export const W_DYNAMIC_ENDPOINTS = 0x2690000; // DynamicEndpoint[DYNAMIC_ENDPOINTS]
export const DYNAMIC_ENDPOINTS = 16384; // endpoints that a worker makes itself: a power of two
export const DYNAMIC_ENDPOINT_SIZE = 192;
export const DYNAMIC_FIRST_ID = 114688; // MAX_ENDPOINTS - DYNAMIC_ENDPOINTS: from here on an id is the worker's own
// Receive buffers of the connections that are received together, BATCH_STRIDE bytes each: 256 bytes, in which a chunk head is laid and
// which vector loads may read, before BATCH_BYTES of input. What stands there stays until the next batch.
export const W_BATCH = 0x2990000;
export const BATCH_MAX = 24; // W_EVENTS_MAX: a turn's connections fit
export const BATCH_BYTES = 4096;
export const BATCH_STRIDE = 4352;
export const W_BUFFERS = 0x29b0000; // buffer pool, to the end of the block
export const WORKER_MIN_SIZE = 0x3000000; // 6 MiB of buffers at the least

// ---- commands: [op, slot, a, b] ----
export const COMMAND_WORDS = 4;
export const CMD_SEND = 1; // a = address, b = length
export const CMD_SEND_QUEUED = 2; // a = address, b = length: front of the slot's out chain; answer with onQueueSent
export const CMD_CONNECT = 3; // a = address of sockaddr, b = its length; slot is ready for the descriptor
export const CMD_CLOSE = 4; // a = 1: reset (SO_LINGER 0)
export const CMD_SHUTDOWN = 5; // shutdown(SHUT_WR)
export const CMD_READ = 6; // reading is wanted again and bytes may wait: receive once more
export const CMD_FILTER = 7; // slot = stream, a = address of FilterConfig, b = id of the stream: run the host's filter on the request
export const CMD_FILTER_RESPONSE = 13; // the same on the response
export const CMD_STREAM_END = 14; // slot = stream, a = its id: a stream that host filters have seen is over
export const CMD_SPLICE = 8; // a = destination slot, b unused: move bytes by splice (stream/splice.ts)

// ---- slot fields that the host reads (asserted in assembly/stream/slot.ts) ----
export const SLOT_FD = 0; // i32, -1 = none
export const SLOT_GENERATION = 4; // u32
export const SLOT_KIND = 8; // u8
export const SLOT_STATE = 9; // u8
export const SLOT_IO = 10; // u8: IO_* bits
export const SLOT_ERRNO = 87; // u8: why a connect failed; written by the host before onError
export const ERRNO_CONNECTION_RESET = 104; // ECONNRESET, as onError is told
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
export const IO_EOF = 16; // the peer has ended its side
export const IO_SPLICE = 32; // bytes move by splice
export const KIND_CLOSED = 7; // the host has yet to close the descriptor
export const KIND_ENDPOINTS = 9; // no connection: the owner of a cluster's dynamic endpoints, and their timer
export const KIND_DOWNSTREAM_NEW = 8; // accepted; its listener has yet to find out which filter chain serves it
export const CMD_RESUME = 10; // answer with onResume once everything before it is carried out
export const CMD_FLUSHED = 9; // answer with onFlushed if the slot's out chain is empty
export const FILTER_REQUEST = 0; // the heads that a filter sees
export const FILTER_RESPONSE = 1;
// A FilterConfig and a Policy, for the host (asserted in assembly/http/hcm_config.ts and assembly/route/policy.ts)
export const FILTER_CONFIG_AT_ID = 4; // u32: never given again
export const FILTER_CONFIG_AT_NAME = 8; // u32 address, u32 length behind it
export const FILTER_CONFIG_AT_TEXT = 16; // u32 address, u32 length behind it: JSON
export const FILTER_ON_REQUEST = 1; // FilterConfig.phases: where the filter wants to be asked
export const FILTER_ON_RESPONSE = 2;
export const POLICY_AT_ID = 12; // u32: never given again
export const POLICY_AT_TEXT = 16; // u32 address, u32 length behind it: JSON
export const POLICY_FILTER = 0; // Policy.kind: typed_per_filter_config of the filter of that name

// ---- statistics: indices into W_STATS (u64 words) ----
// A scope is a block of consecutive words; a member is the block's first index plus a number below. Names as in Envoy,
// in host/stats/names.ts in the same order (a test holds the two together). Kinds:
//   counter, gauge   one word: statInc, statAdd, statDec. What is the sum of others (downstream_rq_total, _completed,
//                    upstream_rq_completed, external.*) has no word: the reader adds.
//   by class         STAT_CLASSES words. HCM: statClass(index, status) counts by class. Cluster: statCode(index, status)
//                    counts each status code in a table that is made when the first response of its class comes.
//   histogram        HISTOGRAM_SIZE words: histogramRecord(index, value); its bins are tables made on first use.
// Tables grow down from the end of W_STATS. The words below STATS_FIRST belong to no scope, so that an object whose
// `stats` is 0 counts into the void.
export const STATS_FIRST = 1024; // first index that is handed out
export const STATS_TABLES_USED = 1048575; // index of the word that holds how many words the tables have taken
export const STAT_CLASSES = 6; // 0 = no such class, 1 to 5 = 1xx to 5xx
export const CODE_TABLE_SIZE = 100; // words of one class's codes
export const HISTOGRAM_SIZE = 3; // words: where the low, middle and high bins are, 0 = not made yet
export const HISTOGRAM_LOW = 100; // bins of 0 to 99: one for each value
export const HISTOGRAM_MIDDLE = 180; // bins of 100 to 9,999: two significant digits
export const HISTOGRAM_HIGH = 540; // bins of 10,000 and more: two significant digits
// Server: one fixed block, summed over workers as the others are.
export const SERVER_STATS = 512; // first index of the block
export const SERVER_STAT_HTTP1_DROPPED_HEADERS_WITH_UNDERSCORES = 0;
export const SERVER_STAT_HTTP1_METADATA_NOT_SUPPORTED_ERROR = 1;
export const SERVER_STAT_HTTP1_REQUESTS_REJECTED_WITH_UNDERSCORES_IN_HEADERS = 2;
export const SERVER_STAT_HTTP1_RESPONSE_FLOOD = 3;
export const SERVER_STAT_WEFT_ACCESS_LOG_DROPPED = 4;
export const SERVER_STAT_WEFT_STATS_EXHAUSTED = 5;
export const SERVER_STAT_WEFT_FILTER_TIMEOUT = 6;
export const SERVER_STATS_SIZE = 7;

// listener.ADDRESS.*
export const LISTENER_STAT_DOWNSTREAM_CX_TOTAL = 0;
export const LISTENER_STAT_DOWNSTREAM_CX_ACTIVE = 1; // gauge
export const LISTENER_STAT_DOWNSTREAM_CX_DESTROY = 2;
export const LISTENER_STAT_DOWNSTREAM_CX_OVERFLOW = 3;
export const LISTENER_STAT_DOWNSTREAM_CX_OVERLOAD_REJECT = 4;
export const LISTENER_STAT_DOWNSTREAM_GLOBAL_CX_OVERFLOW = 5;
export const LISTENER_STAT_DOWNSTREAM_CX_TRANSPORT_SOCKET_CONNECT_TIMEOUT = 6;
export const LISTENER_STAT_DOWNSTREAM_LISTENER_FILTER_ERROR = 7;
export const LISTENER_STAT_DOWNSTREAM_LISTENER_FILTER_REMOTE_CLOSE = 8;
export const LISTENER_STAT_DOWNSTREAM_PRE_CX_ACTIVE = 9; // gauge
export const LISTENER_STAT_DOWNSTREAM_PRE_CX_TIMEOUT = 10;
export const LISTENER_STAT_NO_FILTER_CHAIN_MATCH = 11;
export const LISTENER_STAT_DOWNSTREAM_CX_LENGTH_MS = 12; // histogram
export const LISTENER_STAT_CONNECTIONS_ACCEPTED_PER_SOCKET_EVENT = 15; // histogram
export const LISTENER_STATS_SIZE = 18; // words of the block

// http.PREFIX.*: one block for each (listener, HttpConnectionManager); equal prefixes are added up by the reader, and
// listener.ADDRESS.http.PREFIX.downstream_rq_* come from the same words.
export const HCM_STAT_DOWNSTREAM_CX_TOTAL = 0;
export const HCM_STAT_DOWNSTREAM_CX_ACTIVE = 1; // gauge
export const HCM_STAT_DOWNSTREAM_CX_HTTP1_TOTAL = 2;
export const HCM_STAT_DOWNSTREAM_CX_HTTP1_ACTIVE = 3; // gauge
export const HCM_STAT_DOWNSTREAM_CX_HTTP1_SOFT_DRAIN = 4;
export const HCM_STAT_DOWNSTREAM_CX_DESTROY = 5;
export const HCM_STAT_DOWNSTREAM_CX_DESTROY_ACTIVE_RQ = 6;
export const HCM_STAT_DOWNSTREAM_CX_DESTROY_LOCAL = 7;
export const HCM_STAT_DOWNSTREAM_CX_DESTROY_LOCAL_ACTIVE_RQ = 8;
export const HCM_STAT_DOWNSTREAM_CX_DESTROY_REMOTE = 9;
export const HCM_STAT_DOWNSTREAM_CX_DESTROY_REMOTE_ACTIVE_RQ = 10;
export const HCM_STAT_DOWNSTREAM_CX_DELAYED_CLOSE_TIMEOUT = 11;
export const HCM_STAT_DOWNSTREAM_CX_DRAIN_CLOSE = 12;
export const HCM_STAT_DOWNSTREAM_CX_IDLE_TIMEOUT = 13;
export const HCM_STAT_DOWNSTREAM_CX_MAX_DURATION_REACHED = 14;
export const HCM_STAT_DOWNSTREAM_CX_MAX_REQUESTS_REACHED = 15;
export const HCM_STAT_DOWNSTREAM_CX_OVERLOAD_DISABLE_KEEPALIVE = 16;
export const HCM_STAT_DOWNSTREAM_CX_PROTOCOL_ERROR = 17;
export const HCM_STAT_DOWNSTREAM_CX_RX_BYTES_TOTAL = 18;
export const HCM_STAT_DOWNSTREAM_CX_RX_BYTES_BUFFERED = 19; // gauge
export const HCM_STAT_DOWNSTREAM_CX_TX_BYTES_TOTAL = 20;
export const HCM_STAT_DOWNSTREAM_CX_TX_BYTES_BUFFERED = 21; // gauge
export const HCM_STAT_DOWNSTREAM_CX_UPGRADES_TOTAL = 22;
export const HCM_STAT_DOWNSTREAM_CX_UPGRADES_ACTIVE = 23; // gauge
export const HCM_STAT_DOWNSTREAM_FLOW_CONTROL_PAUSED_READING_TOTAL = 24;
export const HCM_STAT_DOWNSTREAM_FLOW_CONTROL_RESUMED_READING_TOTAL = 25;
export const HCM_STAT_DOWNSTREAM_RQ_HTTP1_TOTAL = 26;
export const HCM_STAT_DOWNSTREAM_RQ_ACTIVE = 27; // gauge
export const HCM_STAT_DOWNSTREAM_RQ_BY_CLASS = 28; // by class
export const HCM_STAT_DOWNSTREAM_RQ_FAILED_PATH_NORMALIZATION = 34;
export const HCM_STAT_DOWNSTREAM_RQ_HEADER_TIMEOUT = 35;
export const HCM_STAT_DOWNSTREAM_RQ_IDLE_TIMEOUT = 36;
export const HCM_STAT_DOWNSTREAM_RQ_MAX_DURATION_REACHED = 37;
export const HCM_STAT_DOWNSTREAM_RQ_NON_RELATIVE_PATH = 38;
export const HCM_STAT_DOWNSTREAM_RQ_OVERLOAD_CLOSE = 39;
export const HCM_STAT_DOWNSTREAM_RQ_REDIRECTED_WITH_NORMALIZED_PATH = 40;
export const HCM_STAT_DOWNSTREAM_RQ_REJECTED_VIA_IP_DETECTION = 41;
export const HCM_STAT_DOWNSTREAM_RQ_RESPONSE_BEFORE_RQ_COMPLETE = 42;
export const HCM_STAT_DOWNSTREAM_RQ_RX_RESET = 43;
export const HCM_STAT_DOWNSTREAM_RQ_TIMEOUT = 44;
export const HCM_STAT_DOWNSTREAM_RQ_TOO_LARGE = 45;
export const HCM_STAT_DOWNSTREAM_RQ_TOO_MANY_PREMATURE_RESETS = 46;
export const HCM_STAT_DOWNSTREAM_RQ_TX_RESET = 47;
export const HCM_STAT_DOWNSTREAM_RQ_WS_ON_NON_WS_ROUTE = 48;
export const HCM_STAT_RS_TOO_LARGE = 49;
export const HCM_STAT_NO_ROUTE = 50;
export const HCM_STAT_NO_CLUSTER = 51;
export const HCM_STAT_RQ_DIRECT_RESPONSE = 52;
export const HCM_STAT_RQ_REDIRECT = 53;
export const HCM_STAT_RQ_TOTAL = 54;
export const HCM_STAT_RQ_RESET_AFTER_DOWNSTREAM_RESPONSE_STARTED = 55;
export const HCM_STAT_RQ_OVERLOAD_LOCAL_REPLY = 56;
export const HCM_STAT_PASSTHROUGH_INTERNAL_REDIRECT_BAD_LOCATION = 57;
export const HCM_STAT_PASSTHROUGH_INTERNAL_REDIRECT_NO_ROUTE = 58;
export const HCM_STAT_PASSTHROUGH_INTERNAL_REDIRECT_PREDICATE = 59;
export const HCM_STAT_PASSTHROUGH_INTERNAL_REDIRECT_TOO_MANY_REDIRECTS = 60;
export const HCM_STAT_PASSTHROUGH_INTERNAL_REDIRECT_UNSAFE_SCHEME = 61;
export const HCM_STAT_DOWNSTREAM_RQ_TIME = 62; // histogram
export const HCM_STAT_DOWNSTREAM_CX_LENGTH_MS = 65; // histogram
export const HCM_STATS_SIZE = 68; // words of the block

// cluster.NAME.*
export const CLUSTER_STAT_UPSTREAM_CX_TOTAL = 0;
export const CLUSTER_STAT_UPSTREAM_CX_ACTIVE = 1; // gauge
export const CLUSTER_STAT_UPSTREAM_CX_HTTP1_TOTAL = 2;
export const CLUSTER_STAT_UPSTREAM_CX_CONNECT_FAIL = 3;
export const CLUSTER_STAT_UPSTREAM_CX_CONNECT_TIMEOUT = 4;
export const CLUSTER_STAT_UPSTREAM_CX_CONNECT_ATTEMPTS_EXCEEDED = 5;
export const CLUSTER_STAT_UPSTREAM_CX_IDLE_TIMEOUT = 6;
export const CLUSTER_STAT_UPSTREAM_CX_MAX_DURATION_REACHED = 7;
export const CLUSTER_STAT_UPSTREAM_CX_MAX_REQUESTS = 8;
export const CLUSTER_STAT_UPSTREAM_CX_NONE_HEALTHY = 9;
export const CLUSTER_STAT_UPSTREAM_CX_OVERFLOW = 10;
export const CLUSTER_STAT_UPSTREAM_CX_POOL_OVERFLOW = 11;
export const CLUSTER_STAT_UPSTREAM_CX_PROTOCOL_ERROR = 12;
export const CLUSTER_STAT_UPSTREAM_CX_CLOSE_NOTIFY = 13;
export const CLUSTER_STAT_UPSTREAM_CX_DESTROY = 14;
export const CLUSTER_STAT_UPSTREAM_CX_DESTROY_WITH_ACTIVE_RQ = 15;
export const CLUSTER_STAT_UPSTREAM_CX_DESTROY_LOCAL = 16;
export const CLUSTER_STAT_UPSTREAM_CX_DESTROY_LOCAL_WITH_ACTIVE_RQ = 17;
export const CLUSTER_STAT_UPSTREAM_CX_DESTROY_REMOTE = 18;
export const CLUSTER_STAT_UPSTREAM_CX_DESTROY_REMOTE_WITH_ACTIVE_RQ = 19;
export const CLUSTER_STAT_UPSTREAM_CX_RX_BYTES_TOTAL = 20;
export const CLUSTER_STAT_UPSTREAM_CX_RX_BYTES_BUFFERED = 21; // gauge
export const CLUSTER_STAT_UPSTREAM_CX_TX_BYTES_TOTAL = 22;
export const CLUSTER_STAT_UPSTREAM_CX_TX_BYTES_BUFFERED = 23; // gauge
export const CLUSTER_STAT_UPSTREAM_FLOW_CONTROL_BACKED_UP_TOTAL = 24;
export const CLUSTER_STAT_UPSTREAM_FLOW_CONTROL_DRAINED_TOTAL = 25;
export const CLUSTER_STAT_UPSTREAM_FLOW_CONTROL_PAUSED_READING_TOTAL = 26;
export const CLUSTER_STAT_UPSTREAM_FLOW_CONTROL_RESUMED_READING_TOTAL = 27;
export const CLUSTER_STAT_UPSTREAM_RQ_TOTAL = 28;
export const CLUSTER_STAT_UPSTREAM_RQ_ACTIVE = 29; // gauge
export const CLUSTER_STAT_UPSTREAM_RQ_ACTIVE_OVERFLOW = 30;
export const CLUSTER_STAT_UPSTREAM_RQ_PENDING_TOTAL = 31;
export const CLUSTER_STAT_UPSTREAM_RQ_PENDING_ACTIVE = 32; // gauge
export const CLUSTER_STAT_UPSTREAM_RQ_PENDING_OVERFLOW = 33;
export const CLUSTER_STAT_UPSTREAM_RQ_PENDING_FAILURE_EJECT = 34;
export const CLUSTER_STAT_UPSTREAM_RQ_CANCELLED = 35;
export const CLUSTER_STAT_UPSTREAM_RQ_MAINTENANCE_MODE = 36;
export const CLUSTER_STAT_UPSTREAM_RQ_TIMEOUT = 37;
export const CLUSTER_STAT_UPSTREAM_RQ_MAX_DURATION_REACHED = 38;
export const CLUSTER_STAT_UPSTREAM_RQ_PER_TRY_TIMEOUT = 39;
export const CLUSTER_STAT_UPSTREAM_RQ_PER_TRY_IDLE_TIMEOUT = 40;
export const CLUSTER_STAT_UPSTREAM_RQ_RX_RESET = 41;
export const CLUSTER_STAT_UPSTREAM_RQ_TX_RESET = 42;
export const CLUSTER_STAT_UPSTREAM_RQ_RETRY = 43;
export const CLUSTER_STAT_UPSTREAM_RQ_RETRY_BACKOFF_EXPONENTIAL = 44;
export const CLUSTER_STAT_UPSTREAM_RQ_RETRY_BACKOFF_RATELIMITED = 45;
export const CLUSTER_STAT_UPSTREAM_RQ_RETRY_LIMIT_EXCEEDED = 46;
export const CLUSTER_STAT_UPSTREAM_RQ_RETRY_SUCCESS = 47;
export const CLUSTER_STAT_UPSTREAM_RQ_RETRY_OVERFLOW = 48;
export const CLUSTER_STAT_UPSTREAM_RQ_RETRY_ON_REUSED_RESET = 49;
export const CLUSTER_STAT_RETRY_OR_SHADOW_ABANDONED = 50;
export const CLUSTER_STAT_UPSTREAM_INTERNAL_REDIRECT_SUCCEEDED_TOTAL = 51;
export const CLUSTER_STAT_UPSTREAM_INTERNAL_REDIRECT_FAILED_TOTAL = 52;
export const CLUSTER_STAT_BIND_ERRORS = 53;
export const CLUSTER_STAT_LB_HEALTHY_PANIC = 54;
export const CLUSTER_STAT_UPSTREAM_RQ_CODES = 55; // by class
export const CLUSTER_STAT_INTERNAL_UPSTREAM_RQ_CODES = 61; // by class
export const CLUSTER_STAT_UPSTREAM_RQ_TIME = 67; // histogram
export const CLUSTER_STAT_INTERNAL_UPSTREAM_RQ_TIME = 70; // histogram
export const CLUSTER_STAT_UPSTREAM_CX_CONNECT_MS = 73; // histogram
export const CLUSTER_STAT_UPSTREAM_CX_LENGTH_MS = 76; // histogram
export const CLUSTER_STAT_UPSTREAM_RQ_PER_CX = 79; // histogram
export const CLUSTER_STAT_ORIGINAL_DST_HOST_INVALID = 82;
export const CLUSTER_STAT_MEMBERSHIP_CHANGE = 83; // by workers (ORIGINAL_DST); control counts its own beside it
export const CLUSTER_STATS_SIZE = 84; // words of the block

// tcp.PREFIX.*: one block for each (listener, TcpProxy)
export const TCP_STAT_DOWNSTREAM_CX_TOTAL = 0;
export const TCP_STAT_DOWNSTREAM_CX_NO_ROUTE = 1;
export const TCP_STAT_DOWNSTREAM_CX_DRAIN_CLOSE = 2;
export const TCP_STAT_DOWNSTREAM_CX_OVERLOAD_CLOSE = 3;
export const TCP_STAT_DOWNSTREAM_CX_RX_BYTES_TOTAL = 4;
export const TCP_STAT_DOWNSTREAM_CX_RX_BYTES_BUFFERED = 5; // gauge
export const TCP_STAT_DOWNSTREAM_CX_TX_BYTES_TOTAL = 6;
export const TCP_STAT_DOWNSTREAM_CX_TX_BYTES_BUFFERED = 7; // gauge
export const TCP_STAT_DOWNSTREAM_FLOW_CONTROL_PAUSED_READING_TOTAL = 8;
export const TCP_STAT_DOWNSTREAM_FLOW_CONTROL_RESUMED_READING_TOTAL = 9;
export const TCP_STAT_EARLY_DATA_RECEIVED_COUNT_TOTAL = 10;
export const TCP_STAT_IDLE_TIMEOUT = 11;
export const TCP_STAT_MAX_DOWNSTREAM_CONNECTION_DURATION = 12;
export const TCP_STAT_ROUTE_DELAYED_TOTAL = 13;
export const TCP_STAT_UPSTREAM_FLUSH_ACTIVE = 14; // gauge
export const TCP_STAT_UPSTREAM_FLUSH_TOTAL = 15;
export const TCP_STATS_SIZE = 16; // words of the block

// ---- WorkerState fields that control reads (asserted in assembly/memory/worker_block.ts) ----
export const WORKER_NOW = 0; // u32
export const WORKER_COMMANDS = 8; // u32: bytes of W_COMMANDS in use
export const WORKER_OUT = 12; // u32: next free address of the out area
export const WORKER_RX_HELD = 120; // u32
export const WORKER_WALL_SECONDS = 56; // u64
export const WORKER_WALL_MILLIS = 64; // u64
export const WORKER_DATE = 72; // 29 bytes
export const WORKER_ACTIVE_STREAMS = 112; // u32
export const WORKER_SLOT_COUNT = 28; // u32
export const WORKER_STREAM_COUNT = 32; // u32
export const WORKER_RANDOM = 40; // u64[2]
export const WORKER_OPEN_DOWNSTREAM = 104; // u32
export const WORKER_DRAINING = 108; // u32
export const WORKER_DYNAMIC_COUNT = 140; // u32: DynamicEndpoints ever used

// ---- response flags: Stream.responseFlags; bits in Envoy's order, names and meaning in host/access_log/response_flags.ts ----
export const FLAG_LH = 1;
export const FLAG_UH = 2;
export const FLAG_UT = 4;
export const FLAG_LR = 8;
export const FLAG_UR = 16;
export const FLAG_UF = 32;
export const FLAG_UC = 64;
export const FLAG_UO = 128;
export const FLAG_NR = 256;
export const FLAG_DI = 512;
export const FLAG_FI = 1024;
export const FLAG_RL = 2048;
export const FLAG_UAEX = 4096;
export const FLAG_RLSE = 8192;
export const FLAG_DC = 16384;
export const FLAG_URX = 32768;
export const FLAG_SI = 65536;
export const FLAG_IH = 131072;
export const FLAG_DPE = 262144;
export const FLAG_UMSDR = 524288;
export const FLAG_RFCF = 1048576;
export const FLAG_NFCF = 2097152;
export const FLAG_DT = 4194304;
export const FLAG_UPE = 8388608;
export const FLAG_NC = 16777216;
export const FLAG_OM = 33554432;
export const FLAG_DF = 67108864;
export const FLAG_DO = 134217728;
export const FLAG_DR = 268435456;
export const FLAG_UDO = 536870912;

// ---- response code details: Stream.details; texts in host/access_log/response_code_details.ts ----
export const DETAILS_NONE = 0;
export const DETAILS_VIA_UPSTREAM = 1;
export const DETAILS_DIRECT_RESPONSE = 2;
export const DETAILS_ROUTE_NOT_FOUND = 3;
export const DETAILS_ROUTE_CONFIGURATION_NOT_FOUND = 4;
export const DETAILS_FILTER_CHAIN_NOT_FOUND = 5;
export const DETAILS_CLUSTER_NOT_FOUND = 6;
export const DETAILS_MAINTENANCE_MODE = 7;
export const DETAILS_NO_HEALTHY_UPSTREAM = 8;
export const DETAILS_UPSTREAM_OVERFLOW = 9;
export const DETAILS_UPSTREAM_RESET_BEFORE_RESPONSE_STARTED = 10;
export const DETAILS_UPSTREAM_RESET_AFTER_RESPONSE_STARTED = 11;
export const DETAILS_RESPONSE_TIMEOUT = 12;
export const DETAILS_UPSTREAM_PER_TRY_TIMEOUT = 13;
export const DETAILS_UPSTREAM_PER_TRY_IDLE_TIMEOUT = 14;
export const DETAILS_UPSTREAM_MAX_STREAM_DURATION_REACHED = 15;
export const DETAILS_MAX_DURATION_TIMEOUT = 16;
export const DETAILS_STREAM_IDLE_TIMEOUT = 17;
export const DETAILS_REQUEST_OVERALL_TIMEOUT = 18;
export const DETAILS_REQUEST_HEADER_TIMEOUT = 19;
export const DETAILS_MISSING_HOST_HEADER = 20;
export const DETAILS_MISSING_PATH_REJECTED = 21;
export const DETAILS_ABSOLUTE_PATH_REJECTED = 22;
export const DETAILS_PATH_NORMALIZATION_FAILED = 23;
export const DETAILS_REJECTED_VIA_IP_DETECTION = 24;
export const DETAILS_LOW_VERSION = 25;
export const DETAILS_UPGRADE_FAILED = 26;
export const DETAILS_INVALID_ENVOY_REQUEST_HEADERS = 27;
export const DETAILS_REQUEST_HEADERS_TOO_LARGE = 28;
export const DETAILS_REQUEST_PAYLOAD_TOO_LARGE = 29;
export const DETAILS_RESPONSE_PAYLOAD_TOO_LARGE = 30;
export const DETAILS_RESPONSE_HEADERS_TOO_LARGE = 31;
export const DETAILS_DOWNSTREAM_REMOTE_DISCONNECT = 32;
export const DETAILS_DOWNSTREAM_LOCAL_DISCONNECT = 33;
export const DETAILS_INTERNAL_REDIRECT = 34;
export const DETAILS_OVERLOAD = 35;
export const DETAILS_UPSTREAM_PROTOCOL_ERROR = 36;
export const DETAILS_HTTP1_CODEC_ERROR = 37;
export const DETAILS_HTTP1_INVALID_CHARACTERS = 38;
export const DETAILS_HTTP1_HEADERS_TOO_LARGE = 39;
export const DETAILS_HTTP1_TOO_MANY_HEADERS = 40;
export const DETAILS_HTTP1_INVALID_URL = 41;
export const DETAILS_HTTP1_INVALID_SCHEME = 42;
export const DETAILS_HTTP1_CONTENT_LENGTH_NOT_ALLOWED = 43;
export const DETAILS_HTTP1_CONTENT_LENGTH_AND_CHUNKED_NOT_ALLOWED = 44;
export const DETAILS_HTTP1_TRANSFER_ENCODING_NOT_ALLOWED = 45;
export const DETAILS_HTTP1_INVALID_TRANSFER_ENCODING = 46;
export const DETAILS_HTTP1_BODY_DISALLOWED = 47;
export const DETAILS_HTTP1_CONNECTION_HEADER_REJECTED = 48;
export const DETAILS_HTTP1_UNEXPECTED_UNDERSCORE = 49;
export const DETAILS_FILTER = 50;
export const DETAILS_INVALID_AUTHORITY = 51; // http.invalid_authority
export const DETAILS_QUERY_MISSING_CONTENT_TYPE = 52; // query_missing_content_type
// Why an upstream request was reset: DETAILS_UPSTREAM_RESET_* | RESET_* << 16
export const RESET_NONE = 0;
export const RESET_CONNECTION_TERMINATION = 1;
export const RESET_REMOTE_CONNECTION_FAILURE = 2;
export const RESET_LOCAL_CONNECTION_FAILURE = 3;
export const RESET_CONNECTION_TIMEOUT = 4;
export const RESET_REMOTE_RESET = 5;
export const RESET_LOCAL_RESET = 6;
export const RESET_OVERFLOW = 7;
export const RESET_PROTOCOL_ERROR = 8;
export const RESET_IMMEDIATE_CONNECTION_FAILURE = 9; // a remote one, told by connect() itself

// ---- access log record (W_LOG_RING): written by assembly/access_log/record.ts, read by host/access_log/drain.ts ----
// The ring has one writer (the worker) and one reader (control). Positions run on over 2^32; a record never wraps: where it does not
// fit before the end of the ring, LOG_SKIP stands in place of its size and it begins at the start. When more than half is
// used and LOG_RING_SIGNAL is 0, the worker stores 1 there and notifies; the reader stores 0 before it drains. A full ring drops the
// record and counts it in SERVER_STAT_WEFT_ACCESS_LOG_DROPPED.
export const LOG_RING_WRITTEN = 0; // u32, atomic: offsets from W_LOG_RING
export const LOG_RING_READ = 4; // u32, atomic
export const LOG_RING_SIGNAL = 8; // i32, atomic, for Atomics.waitAsync
export const LOG_RING_BYTES = 64; // first byte of the ring
export const LOG_RING_SIZE = 524288;
export const LOG_SKIP = -1; // as u32
export const LOG_ABSENT = -1; // as u32: no such time; as the length of a text: no such text
// A record: the fields below (offsets), then LOG_TEXTS texts in the order of LOG_TEXT_*, then one text for each header that the plan
// names: request headers, response headers, response trailers. A text is its u32 length and its bytes, unaligned. A writer
// may leave a text absent that its plan does not need (LOG_NEED_* = 1 << LOG_TEXT_*).
export const LOG_SIZE = 0; // u32: bytes of the record, a multiple of 8; LOG_SKIP: go on at the start of the ring
export const LOG_PLAN = 4; // u32: number of the access log plan
export const LOG_START = 8; // u64: Unix ms
export const LOG_BYTES_RECEIVED = 16; // u64: body
export const LOG_BYTES_SENT = 24; // u64
export const LOG_DOWNSTREAM_RX = 32; // u64: bytes on the wire
export const LOG_DOWNSTREAM_TX = 40; // u64
export const LOG_UPSTREAM_RX = 48; // u64
export const LOG_UPSTREAM_TX = 56; // u64
export const LOG_RESPONSE_FLAGS = 64; // u32: FLAG_*
export const LOG_DETAILS = 68; // u32: DETAILS_* in the low half, RESET_* in the high half (a connection has only that of its failed connect)
export const LOG_STATUS = 72; // u16: 0 = none
export const LOG_PROTOCOL = 74; // u8: LOG_PROTOCOL_*
export const LOG_TYPE = 75; // u8: LOG_TYPE_*
export const LOG_ATTEMPTS = 76; // u16: upstream attempts
export const LOG_ERRNO = 78; // u16: of the failed connect, send or receive upstream, 0 = none
export const LOG_CONNECTION_ID = 80; // u32
export const LOG_UPSTREAM_CONNECTION_ID = 84; // u32: 0 = none
export const LOG_DURATION = 88; // u32: this and the next seven in ms after the start; LOG_ABSENT = has not happened
export const LOG_DOWNSTREAM_RX_END = 92; // u32: request received whole
export const LOG_UPSTREAM_TX_BEGIN = 96; // u32: handed to an upstream connection
export const LOG_UPSTREAM_TX_END = 100; // u32
export const LOG_UPSTREAM_RX_BEGIN = 104; // u32: first byte of the response
export const LOG_UPSTREAM_RX_END = 108; // u32
export const LOG_DOWNSTREAM_TX_BEGIN = 112; // u32
export const LOG_DOWNSTREAM_TX_END = 116; // u32
export const LOG_FIXED_SIZE = 128; // where the texts begin
export const LOG_TEXT_DOWNSTREAM_REMOTE = 0; // address texts: "127.0.0.1:8080", "[::1]:80", a UNIX path; after x-forwarded-for
export const LOG_TEXT_DOWNSTREAM_DIRECT_REMOTE = 1; // the connection's peer
export const LOG_TEXT_DOWNSTREAM_LOCAL = 2;
export const LOG_TEXT_UPSTREAM_HOST = 3;
export const LOG_TEXT_UPSTREAM_HOST_NAME = 4;
export const LOG_TEXT_UPSTREAM_LOCAL = 5;
export const LOG_TEXT_UPSTREAM_CLUSTER = 6;
export const LOG_TEXT_ROUTE_NAME = 7;
export const LOG_TEXT_VIRTUAL_CLUSTER_NAME = 8;
export const LOG_TEXT_DETAILS = 9; // free text that DETAILS_FILTER stands for; RESET_LOCAL_CONNECTION_FAILURE: the source address
export const LOG_TEXT_TERMINATION_DETAILS = 10;
export const LOG_TEXT_REQUESTED_SERVER_NAME = 11;
export const LOG_TEXT_FILTER_CHAIN_NAME = 12;
export const LOG_TEXT_DOWNSTREAM_DIRECT_LOCAL = 13; // absent where it is LOG_TEXT_DOWNSTREAM_LOCAL
export const LOG_TEXTS = 14;
export const LOG_PROTOCOL_NONE = 0;
export const LOG_PROTOCOL_HTTP_10 = 1;
export const LOG_PROTOCOL_HTTP_11 = 2;
export const LOG_PROTOCOL_HTTP_2 = 3;
export const LOG_PROTOCOL_HTTP_3 = 4;
export const LOG_TYPE_NOT_SET = 0; // a connection, to the access logs of its listener
export const LOG_TYPE_TCP_CONNECTION_END = 3; // envoy.data.accesslog.v3.AccessLogType
export const LOG_TYPE_DOWNSTREAM_END = 6;
// ---- clusters ----
export const LB_ROUND_ROBIN = 0; // Cluster.lbPolicy
export const LB_LEAST_REQUEST = 1;
export const LB_RANDOM = 2;
export const LB_ORIGINAL_DST = 3; // CLUSTER_PROVIDED of an ORIGINAL_DST cluster
export const HOST_SET_PANIC = 1; // HostSet.flags: too few healthy hosts, so all are used
export const LOAD_TOTAL = 100; // the loads of a cluster's host sets add up to this
export const CLUSTER_STATE_ACTIVE = 0; // words of ClusterState that control sums over workers
export const CLUSTER_STATE_PENDING = 4;
export const CLUSTER_STATE_CONNECTIONS = 8;
export const CLUSTER_STATE_RETRIES = 12;
export const CLUSTER_STATE_HIGH = 16; // the same four words for the priority HIGH begin here
export const ENDPOINT_STATE_ACTIVE = 4; // words of EndpointState
export const ENDPOINT_STATE_CONNECTIONS = 8;
export const ENDPOINT_STATE_PENDING = 28;
// UpstreamSocket and its parts, as the host reads them (assembly/upstream/upstream_socket.ts): u32 words
export const UPSTREAM_SOCKET_AT_KEEPALIVE = 0; // 1: set; then probes, time, interval
export const UPSTREAM_SOCKET_AT_FREEBIND = 16;
export const UPSTREAM_SOCKET_AT_OPTIONS = 20; // count, address
export const SOCKET_OPTION_SIZE = 16; // level, name, address and length of the value
export const SOURCE_ADDRESS_SIZE = 20; // family, address and length of the sockaddr, address and length of the text
export const PROXY_NONE = 0; // Cluster.proxyProtocol: what goes first over a connection to an endpoint
export const PROXY_V1 = 1; // of the PROXY protocol
export const PROXY_V2 = 2;
// OriginalSource: what a socket upstream is bound to for the client of an original_src listener
export const ORIGINAL_SOURCE_AT_MARK = 0; // u32: SO_MARK, 0 = none
export const ORIGINAL_SOURCE_AT_LENGTH = 4; // u32: bytes of the sockaddr
export const ORIGINAL_SOURCE_AT_SOCKADDR = 8;

// Why a connect came to nothing at once: onConnectRefused
export const REFUSED_CONNECT = 1; // connect() failed
export const REFUSED_BIND = 2; // bind() to the source address failed
export const REFUSED_OPTION = 3; // an option could not be set
// A DynamicEndpoint, for control, which looks while the worker goes on: a record is what it says while its generation is odd and
// the same before and after.
export const DYNAMIC_ENDPOINT_AT_ID = 0; // u32
export const DYNAMIC_ENDPOINT_AT_CLUSTER = 4; // u32: cluster index
export const DYNAMIC_ENDPOINT_AT_ADDRESS_LENGTH = 24; // u32: bytes of the text
export const DYNAMIC_ENDPOINT_AT_GENERATION = 40; // u32
export const DYNAMIC_ENDPOINT_AT_BASE = 64; // u32: 0 = an endpoint of its own right
export const DYNAMIC_ENDPOINT_AT_TEXT = 128; // "127.0.0.1:80"

// ---- parse results: bytes consumed (> 0), or one of these. The comment is what Envoy does ----
export const PARSE_PARTIAL = -1; // more bytes are needed; parse again from the start of the head
export const PARSE_BAD_REQUEST = -2; // 400 http1.codec_error
export const PARSE_INVALID_CHARACTERS = -3; // 400 http1.invalid_characters
export const PARSE_INVALID_AUTHORITY = -4; // 400 http.invalid_authority
export const PARSE_INVALID_URL = -5; // 400 http1.invalid_url
export const PARSE_INVALID_SCHEME = -6; // 400 http1.invalid_scheme
export const PARSE_CONNECTION_HEADER_REJECTED = -7; // 400 http1.connection_header_rejected
export const PARSE_CONTENT_LENGTH_AND_CHUNKED = -8; // 400 http1.content_length_and_chunked_not_allowed
export const PARSE_BODY_DISALLOWED = -9; // 400 http1.body_disallowed
export const PARSE_INVALID_TRANSFER_ENCODING = -10; // 501 http1.invalid_transfer_encoding
export const PARSE_LOW_VERSION = -11; // 426 low_version
export const PARSE_TOO_MANY_HEADERS = -12; // 431 http1.too_many_headers
export const PARSE_HEADERS_TOO_LARGE = -13; // 431 http1.headers_too_large: never returned, for the caller that counts bytes
export const PARSE_CONTENT_LENGTH_NOT_ALLOWED = -14; // response: http1.content_length_not_allowed
export const PARSE_TRANSFER_ENCODING_NOT_ALLOWED = -15; // response: http1.transfer_encoding_not_allowed
// flags of parseRequest and parseResponse
export const PARSE_ACCEPT_HTTP_10 = 1; // http_protocol_options.accept_http_10

// ---- fields of a Head that host and tests read (asserted in assembly/http1/head.ts) ----
export const HEAD_AT_METHOD = 8; // u32 address, length at HEAD_AT_METHOD_LENGTH, and so on
export const HEAD_AT_PATH = 12;
export const HEAD_AT_AUTHORITY = 16;
export const HEAD_AT_METHOD_LENGTH = 20;
export const HEAD_AT_PATH_LENGTH = 24;
export const HEAD_AT_AUTHORITY_LENGTH = 28;
export const HEAD_AT_CONTENT_LENGTH = 32; // u64
export const HEAD_AT_FLAGS = 40; // u32
export const HEAD_AT_COUNT = 44; // u16
export const HEAD_AT_STATUS = 46; // u16
export const HEAD_AT_MINOR = 49; // u8
export const HEAD_AT_SCHEME = 50; // u8
export const HEAD_AT_REASON = 52;
export const HEAD_AT_REASON_LENGTH = 56;
export const HEAD_AT_ENTRIES = 328; // HeaderEntry: u32 name, value, valueLength, u16 nameLength, u8 id, flags
export const HEADER_ENTRY_SIZE = 16;

// ---- listener filters (assembly/listener/steps.ts) ----
export const CMD_ORIGINAL_DST = 11; // a = family of the local address (4, 6, 0): answer with onOriginalDst: where the connection went before it was redirected
export const CMD_DISCARD = 12; // a = bytes: take so many that were peeked at out of the kernel
export const IO_PEEK = 64; // receive with MSG_PEEK: the bytes stay in the kernel
export const STEP_ORIGINAL_DST = 1; // ListenerFilter.kind
export const STEP_TLS_INSPECTOR = 2;
export const STEP_HTTP_INSPECTOR = 3;
export const STEP_PROXY_PROTOCOL = 4;
export const STEP_ORIGINAL_SRC = 5;
export const LISTENER_HANDS_OVER = 1; // Listener.flags: use_original_dst
export const LISTENER_CONTINUES = 2; // continue_on_listener_filters_timeout
export const PREDICATE_ANY = 0; // Predicate.op: filter_disabled
export const PREDICATE_PORT = 1;
export const PREDICATE_NOT = 2;
export const PREDICATE_OR = 3;
export const PREDICATE_AND = 4;

export const TLS_CLOSES_ON_ERROR = 1; // ListenerFilter.flags of STEP_TLS_INSPECTOR: close_connection_on_client_hello_parsing_errors
export const PROXY_ALLOWS_NONE = 1; // ListenerFilter.flags of STEP_PROXY_PROTOCOL: allow_requests_without_proxy_protocol
export const PROXY_NO_V1 = 2; // disallowed_versions
export const PROXY_NO_V2 = 4;
// tls_inspector.*
export const TLS_INSPECTOR_STAT_CLIENT_HELLO_TOO_LARGE = 0;
export const TLS_INSPECTOR_STAT_TLS_FOUND = 1;
export const TLS_INSPECTOR_STAT_TLS_NOT_FOUND = 2;
export const TLS_INSPECTOR_STAT_ALPN_FOUND = 3;
export const TLS_INSPECTOR_STAT_ALPN_NOT_FOUND = 4;
export const TLS_INSPECTOR_STAT_SNI_FOUND = 5;
export const TLS_INSPECTOR_STAT_SNI_NOT_FOUND = 6;
export const TLS_INSPECTOR_STAT_BYTES_PROCESSED = 7; // histogram
export const TLS_INSPECTOR_STATS_SIZE = 10; // words of the block
// http_inspector.*
export const HTTP_INSPECTOR_STAT_READ_ERROR = 0;
export const HTTP_INSPECTOR_STAT_HTTP10_FOUND = 1;
export const HTTP_INSPECTOR_STAT_HTTP11_FOUND = 2;
export const HTTP_INSPECTOR_STAT_HTTP2_FOUND = 3;
export const HTTP_INSPECTOR_STAT_HTTP_NOT_FOUND = 4;
export const HTTP_INSPECTOR_STATS_SIZE = 5;
// proxy_proto.[PREFIX.]*
export const PROXY_PROTOCOL_STAT_NOT_FOUND_ALLOWED = 0;
export const PROXY_PROTOCOL_STAT_NOT_FOUND_DISALLOWED = 1;
export const PROXY_PROTOCOL_STAT_VERSIONS_V1_FOUND = 2;
export const PROXY_PROTOCOL_STAT_VERSIONS_V1_DISALLOWED = 3;
export const PROXY_PROTOCOL_STAT_VERSIONS_V1_ERROR = 4;
export const PROXY_PROTOCOL_STAT_VERSIONS_V2_FOUND = 5;
export const PROXY_PROTOCOL_STAT_VERSIONS_V2_DISALLOWED = 6;
export const PROXY_PROTOCOL_STAT_VERSIONS_V2_ERROR = 7;
export const PROXY_PROTOCOL_STAT_DOWNSTREAM_CX_PROXY_PROTO_ERROR = 8; // without any prefix
export const PROXY_PROTOCOL_STATS_SIZE = 9;

// ---- filter chains: MatchNode.level, in Envoy's order of what is looked at (assembly/listener/match.ts) ----
export const MATCH_CHAIN = 0; // not a node but the FilterChain itself
export const MATCH_DESTINATION_PORT = 1;
export const MATCH_DESTINATION_IP = 2;
export const MATCH_SERVER_NAME = 3;
export const MATCH_TRANSPORT_PROTOCOL = 4;
export const MATCH_APPLICATION_PROTOCOL = 5;
export const MATCH_DIRECT_SOURCE_IP = 6;
export const MATCH_SOURCE_TYPE = 7;
export const MATCH_SOURCE_IP = 8;
export const MATCH_SOURCE_PORT = 9;
export const TRANSPORT_RAW_BUFFER = 0; // Slot.transport, and the keys of MATCH_TRANSPORT_PROTOCOL
export const TRANSPORT_TLS = 1;
export const SOURCE_LOCAL = 1; // keys of MATCH_SOURCE_TYPE: FilterChainMatch.ConnectionSourceType
export const SOURCE_EXTERNAL = 2;

// ---- local replies: why a request is answered here; status, flag, details and body in assembly/http/reply_table.ts ----
export const REPLY_NONE = 0;
export const REPLY_NO_ROUTE = 1; // 404 NR
export const REPLY_CLUSTER_NOT_FOUND = 2; // 503 NC, or the route's cluster_not_found_response_code
export const REPLY_NO_HEALTHY_UPSTREAM = 3; // 503 UH
export const REPLY_OVERFLOW = 4; // 503 UO, with x-envoy-overloaded
export const REPLY_CONNECT_FAILED = 5; // 503 UF
export const REPLY_CONNECT_TIMEOUT = 6; // 503 UF
export const REPLY_UPSTREAM_RESET = 7; // 503 UC
export const REPLY_UPSTREAM_PROTOCOL_ERROR = 8; // 502 UPE
export const REPLY_RESPONSE_TIMEOUT = 9; // 504 UT
export const REPLY_STREAM_IDLE_TIMEOUT = 10; // 408 SI, 504 when the request was received whole
export const REPLY_REQUEST_TIMEOUT = 11; // 408 or 504
export const REPLY_REQUEST_HEADERS_TIMEOUT = 12; // 408
export const REPLY_MAX_DURATION = 13; // 408 or 504
export const REPLY_MISSING_HOST = 14; // 400
export const REPLY_ABSOLUTE_PATH = 15; // 404
export const REPLY_PATH_NORMALIZATION_FAILED = 16; // 400
export const REPLY_PATH_REDIRECT = 17; // 307 to the normalized path
export const REPLY_UPGRADE_REFUSED = 18; // 403
export const REPLY_INVALID_AUTHORITY = 19; // 400
export const REPLY_UNDERSCORE = 20; // 400 DPE
export const REPLY_PAYLOAD_TOO_LARGE = 21; // 413
export const REPLY_INTERNAL_ERROR = 22; // 500: this worker is out of memory or slots
export const REPLY_FILTER = 23; // a filter's own reply
export const REPLY_QUERY_WITHOUT_CONTENT_TYPE = 24; // 400
export const REPLY_INVALID_SCHEME = 25; // 403 DPE: https over plain text at the edge
export const REPLY_LOCAL_CONNECT_FAILED = 26; // 503 UF: the socket could not be made ready
export const REPLY_CONNECT_FAILED_AT_ONCE = 27; // 503 UF: connect() itself failed
export const REPLY_PARSE = 32; // REPLY_PARSE - PARSE_*: the codec's errors, DPE
export const REPLY_HEADERS_TOO_LARGE = 45; // REPLY_PARSE - PARSE_HEADERS_TOO_LARGE

// ---- connection manager: HcmConfig.flags, FilterConfig.kind ----
export const HCM_USE_REMOTE_ADDRESS = 1;
export const HCM_SKIP_XFF_APPEND = 2;
export const HCM_GENERATE_REQUEST_ID = 4; // default on
export const HCM_PRESERVE_EXTERNAL_REQUEST_ID = 8;
export const HCM_ALWAYS_SET_REQUEST_ID_IN_RESPONSE = 16;
export const HCM_NORMALIZE_PATH = 32;
export const HCM_MERGE_SLASHES = 64;
export const HCM_STRIP_MATCHING_HOST_PORT = 128;
export const HCM_STRIP_ANY_HOST_PORT = 256;
export const HCM_STRIP_TRAILING_HOST_DOT = 512;
export const HCM_ACCEPT_HTTP_10 = 1024;
export const HCM_ENABLE_TRAILERS = 2048;
export const HCM_REPRESENT_IPV4_AS_MAPPED = 8192;
export const HCM_PROXY_100_CONTINUE = 16384;
export const HCM_STREAM_ERROR_ON_INVALID = 32768;
export const HCM_SUPPRESS_ENVOY_HEADERS = 65536; // router filter's suppress_envoy_headers
export const HCM_APPEND_X_FORWARDED_PORT = 131072;
export const HCM_INTERNAL_UNIX_SOCKETS = 262144; // internal_address_config.unix_sockets
export const HCM_INTERNAL_PRIVATE = 524288; // internal_address_config without ranges: private addresses are internal
export const HCM_RESPECT_EXPECTED_RQ_TIMEOUT = 1048576; // the router filter's respect_expected_rq_timeout
export const HCM_NO_PROXY_STATE = 2097152; // add_proxy_protocol_connection_state: false
export const FILTER_ROUTER = 1;
export const FILTER_HOST = 2; // a TypeScript filter
