// Stream: one request and its response, whatever the codecs. It joins a downstream slot, a route and an upstream slot.
import { MAX_STREAMS, STREAM_SIZE, W_STREAMS } from '../memory/map';
import { W, WorkerState } from '../memory/worker_block';

@unmanaged
export class Stream {
  flags: u32; // ST_*
  downstream: u32; // slot index + 1
  upstream: u32; // slot index + 1, 0 = none
  hcm: u32; // HcmConfig
  routeConfig: u32; // RouteConfig object, pinned; 0 = none
  route: u32; // Route, 0 = none
  cluster: u32; // cluster index + 1, 0 = none chosen
  endpoint: u32; // endpoint id + 1, 0 = none chosen
  next: u32; // free list, or the endpoint's queue of pending streams: index + 1
  previous: u32;
  started: u32; // ms
  requestEnded: u32; // ms, with ST_REQUEST_ENDED
  upstreamStarted: u32; // ms: handed to a connection
  responseStarted: u32; // ms, with ST_RESPONSE_STARTED
  activity: u32; // ms: last progress, for the stream idle timeout
  idleTimeout: u32; // ms, 0 = none
  routeTimeout: u32; // ms, 0 = none; counts from requestEnded
  maxDuration: u32; // ms, 0 = none; counts from started
  status: u16; // response status sent, 0 = none
  attempts: u16; // upstream attempts begun
  methodId: u8;
  minor: u8; // HTTP/1.minor of the request
  priority: u8;
  filterIndex: u8;
  details: u32; // DETAILS_*: why this answer
  responseFlags: u32; // FLAG_* bits
  pad: u32;
  bytesReceived: u64; // request body
  bytesSent: u64; // response body
  wall: u64; // Unix ms at the start
  pendingHead: u32; // serialized request head that waits for a connection: buffer, 0 = none
  pendingLength: u32;
  head: u32; // copy of the request Head, for host filters: buffer, 0 = none
  responseHead: u32; // copy of the response Head, likewise
  room: u32; // next free address in the copy a filter is looking at
  capture: u32; // access log capture buffer, 0 = none
  captureLength: u32;
  deadlineRequest: u32; // ms: request_timeout, 0 = none
  id: u32; // stream id, for logs
  upstreamId: u32; // connection id of the last upstream connection, 0 = none
  upstreamLocalPort: u16;
  upstreamLocalFamily: u8; // FAMILY_*, 0 = not known
  errno: u8; // why the last connect failed
  upstreamLocal0: u64; // its local address, as in ConnFacts
  upstreamLocal1: u64;
  roomEnd: u32; // end of the room that a filter is writing to
  kept: u32; // first of the further buffers with what filters have left, 0 = none
  keptBytes: u32; // bytes of all of them
  responseHeaders: u32; // first ResponseHeader that filters have left for the response, 0 = none
  responseHeadersLast: u32;
  refused: u32; // REPLY_*: the route that a filter has had chosen anew cannot be served
  filtersOff: u64; // bit i: filter i of the chain does not run for this stream
}

if (offsetof<Stream>() > STREAM_SIZE) ERROR('stream: STREAM_SIZE is too small');

// Stream.flags
export const ST_REQUEST_ENDED: u32 = 1; // received whole
export const ST_RESPONSE_STARTED: u32 = 2; // a response head went out
export const ST_CLOSE: u32 = 4; // the downstream connection ends with this response
export const ST_HEAD_REQUEST: u32 = 8;
export const ST_UPGRADE: u32 = 16;
export const ST_CONNECT: u32 = 32;
export const ST_PENDING: u32 = 64; // in an endpoint's queue
export const ST_PARKED: u32 = 128; // a host filter holds it
export const ST_CHUNKED_OUT: u32 = 256; // the response goes out chunked
export const ST_CHUNKED_UP: u32 = 512; // the request goes up chunked
export const ST_IDEMPOTENT: u32 = 1024; // may be sent once more: no body and a method of RFC 9110 9.2.2
export const ST_RETRIED: u32 = 2048;
export const ST_ACTIVE_UPSTREAM: u32 = 4096; // counted in ClusterState.active and EndpointState.active
export const ST_NO_RESPONSE_BODY: u32 = 8192;
export const ST_EXPECT: u32 = 16384; // 100 Continue is due
export const ST_ROUTED: u32 = 32768; // the router filter has run
export const ST_TERMINATE_CONNECT: u32 = 65536; // CONNECT ends here; the payload goes upstream
export const ST_LOCAL: u32 = 131072; // a local reply
export const ST_PARKED_RESPONSE: u32 = 262144; // a host filter holds its response head
export const ST_HOST: u32 = 1048576; // host filters have seen it: they are told of its end
export const ST_GRPC: u32 = 524288; // a gRPC request: local replies take gRPC's form

export function streamAt(index: u32): Stream {
  return changetype<Stream>(W + W_STREAMS + <usize>index * STREAM_SIZE);
}

export function streamIndex(s: Stream): u32 {
  return <u32>((changetype<usize>(s) - W - W_STREAMS) / STREAM_SIZE);
}

// memory.fill is a call out of WebAssembly, which costs more than these stores.
function clear(p: usize): void {
  const zero = i64x2.splat(0);
  for (const end = p + STREAM_SIZE; p < end; p += 64) {
    v128.store(p, zero);
    v128.store(p, zero, 16);
    v128.store(p, zero, 32);
    v128.store(p, zero, 48);
  }
}

/** A cleared stream, or null when all are taken. */
export function streamNew(): Stream | null {
  const w = changetype<WorkerState>(W);
  let s: Stream;
  if (w.freeStream) {
    s = streamAt(w.freeStream - 1);
    w.freeStream = s.next;
  } else {
    if (w.streamCount >= MAX_STREAMS) return null;
    s = streamAt(w.streamCount++);
  }
  clear(changetype<usize>(s));
  w.activeStreams++;
  s.id = ++w.streamIds;
  return s;
}

export function streamFree(s: Stream): void {
  const w = changetype<WorkerState>(W);
  w.activeStreams--;
  s.flags = 0;
  s.downstream = 0;
  s.next = w.freeStream;
  w.freeStream = streamIndex(s) + 1;
}
