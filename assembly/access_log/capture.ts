// Capture: what must be kept of a head after its bytes are gone, in a buffer of the worker's pool.
//
//   | u32 length of the request id | of the remote address | of the request headers | of the response headers | u32 parsed | … |
//   | request id | remote address | request headers | response headers |
//
// A captured header is its u32 length and its bytes, or LOG_ABSENT: as it stands in the log record (abi.ts LOG_*). Several
// headers of one name are joined by commas where Envoy joins them (LogHeader.joined); else the first is captured.
import { LOG_ABSENT } from '../abi';
import { HCM_ALWAYS_SET_REQUEST_ID_IN_RESPONSE, HcmConfig } from '../http/hcm_config';
import { ADDRESS_TEXT_MAX, ConnFacts, putAddressPort } from '../http/conn_facts';
import { Head, HeaderEntry, headerFind, headerFindName, headerNext } from '../http1/head';
import { H_X_ENVOY_FORCE_TRACE, H_X_FORWARDED_PROTO, H_X_REQUEST_ID } from '../http1/header_names';
import { bufferAlloc, bufferCapacity, bufferFree } from '../memory/buffer';
import { putBytes, putLiteral } from '../memory/literal';
import {
  AccessLogPlan,
  LOG_PSEUDO_AUTHORITY,
  LOG_PSEUDO_METHOD,
  LOG_PSEUDO_PATH,
  LOG_PSEUDO_SCHEME,
  LogHeader,
} from './plan';

@unmanaged
class Capture {
  requestIdLength: u32;
  remoteLength: u32;
  requestBytes: u32;
  responseBytes: u32;
  parsed: u32; // 0: of bytes that were no request
  pad: u32;
  pad1: u64;
}
const CAPTURE: u32 = 32;
/** A captured value is cut here, so that one header cannot fill the ring. */
const VALUE_MAX: u32 = 16384;

/**
 * Captures from a request head in its final form (after the router's changes, or before a local reply). Returns a buffer for
 * Stream.capture, to be freed with the stream; 0 when there is nothing to capture, or no memory.
 */
export function captureRequest(hcm: HcmConfig, head: usize, facts: usize): usize {
  const idEntry = keepsRequestId(hcm, head) ? headerFind(head, H_X_REQUEST_ID) : 0;
  if (!hcm.accessLog && !idEntry) return 0;
  const idLength: u32 = idEntry ? cut(changetype<HeaderEntry>(idEntry).valueLength) : 0;
  let size = CAPTURE + idLength;
  const plan = changetype<AccessLogPlan>(<usize>hcm.accessLog);
  if (hcm.accessLog) size += ADDRESS_TEXT_MAX + 8 + headersSize(head, plan.request, plan.requestCount);
  const p = bufferAlloc(size);
  if (!p) return 0;
  const c = changetype<Capture>(p);
  c.requestIdLength = idLength;
  c.remoteLength = 0;
  c.requestBytes = 0;
  c.responseBytes = 0;
  c.parsed = 1;
  let o = p + CAPTURE;
  if (idLength) o = putBytes(o, changetype<HeaderEntry>(idEntry).value, idLength);
  if (!hcm.accessLog) return p;
  const f = changetype<ConnFacts>(facts);
  const remote = putAddressPort(o, facts + offsetof<ConnFacts>('remote0'), f.remoteFamily, f.remotePort);
  c.remoteLength = <u32>(remote - o);
  o = putHeaders(remote, head, plan.request, plan.requestCount);
  c.requestBytes = <u32>(o - remote);
  return p;
}

/** The capture anew once the router has changed the head; without access logs the old one stays. */
export function recaptureRequest(hcm: HcmConfig, head: usize, facts: usize, capture: usize): usize {
  if (!hcm.accessLog) return capture;
  if (capture) bufferFree(capture);
  return captureRequest(hcm, head, facts);
}

/** Adds the response headers that the plan names; returns the capture, which may have moved. */
export function captureResponse(hcm: HcmConfig, head: usize, capture: usize): usize {
  if (!hcm.accessLog) return capture;
  if (!capture) capture = captureNothing();
  if (!capture) return 0;
  const plan = changetype<AccessLogPlan>(<usize>hcm.accessLog);
  if (!plan.responseCount) return capture;
  const used = captureSize(capture) - changetype<Capture>(capture).responseBytes;
  const size = headersSize(head, plan.response, plan.responseCount);
  let p = capture;
  if (used + size > bufferCapacity(capture)) {
    p = bufferAlloc(used + size);
    if (!p) return capture;
    memory.copy(p, capture, used);
    bufferFree(capture);
  }
  const o = p + used;
  changetype<Capture>(p).responseBytes = <u32>(putHeaders(o, head, plan.response, plan.responseCount) - o);
  return p;
}

// The capture of a stream whose bytes were no request.
function captureNothing(): usize {
  const p = bufferAlloc(CAPTURE);
  if (p) memory.fill(p, 0, CAPTURE);
  return p;
}

/** Whether a request head was captured. */
export function captureParsed(capture: usize): bool {
  return capture != 0 && changetype<Capture>(capture).parsed != 0;
}

function captureSize(capture: usize): u32 {
  const c = changetype<Capture>(capture);
  return CAPTURE + c.requestIdLength + c.remoteLength + c.requestBytes + c.responseBytes;
}

// x-request-id goes into the response when that is configured, or when an internal request forces a trace.
function keepsRequestId(hcm: HcmConfig, head: usize): bool {
  return (hcm.flags & HCM_ALWAYS_SET_REQUEST_ID_IN_RESPONSE) != 0 || headerFind(head, H_X_ENVOY_FORCE_TRACE) != 0;
}

export function captureRequestId(capture: usize): usize {
  return capture + CAPTURE;
}

export function captureRequestIdLength(capture: usize): u32 {
  return changetype<Capture>(capture).requestIdLength;
}

export function captureRemote(capture: usize): usize {
  return captureRequestId(capture) + captureRequestIdLength(capture);
}

export function captureRemoteLength(capture: usize): u32 {
  return changetype<Capture>(capture).remoteLength;
}

/** Address of the captured request headers, ready for a record; the response headers follow. */
export function captureHeaders(capture: usize): usize {
  return captureRemote(capture) + captureRemoteLength(capture);
}

export function captureRequestBytes(capture: usize): u32 {
  return changetype<Capture>(capture).requestBytes;
}

export function captureResponseBytes(capture: usize): u32 {
  return changetype<Capture>(capture).responseBytes;
}

function cut(n: u32): u32 {
  return n < VALUE_MAX ? n : VALUE_MAX;
}

function headersSize(head: usize, list: u32, count: u32): u32 {
  let size: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    size += 16 + valueSize(head, changetype<LogHeader>(<usize>list + <usize>i * offsetof<LogHeader>()));
  }
  return size;
}

function valueSize(head: usize, header: LogHeader): u32 {
  const h = changetype<Head>(head);
  if (header.id >= LOG_PSEUDO_METHOD) {
    if (header.id == LOG_PSEUDO_METHOD) return cut(h.methodLength);
    if (header.id == LOG_PSEUDO_PATH) return cut(h.pathLength);
    return header.id == LOG_PSEUDO_AUTHORITY ? cut(h.authorityLength) : 8;
  }
  let n: u32 = 0;
  for (let e = find(head, header); e; e = header.joined ? headerNext(head, e) : 0) {
    n += changetype<HeaderEntry>(e).valueLength + 1;
  }
  return cut(n);
}

function find(head: usize, header: LogHeader): usize {
  return headerFindName(head, header.id, header.name, header.length);
}

function putHeaders(out: usize, head: usize, list: u32, count: u32): usize {
  let o = out;
  for (let i: u32 = 0; i < count; i++) {
    o = putHeader(o, head, changetype<LogHeader>(<usize>list + <usize>i * offsetof<LogHeader>()));
  }
  return o;
}

function putText(out: usize, p: usize, n: u32): usize {
  store<u32>(out, cut(n));
  return putBytes(out + 4, p, cut(n));
}

function putAbsent(out: usize): usize {
  store<u32>(out, LOG_ABSENT);
  return out + 4;
}

function putHeader(out: usize, head: usize, header: LogHeader): usize {
  if (header.id >= LOG_PSEUDO_METHOD) return putPseudo(out, changetype<Head>(head), header.id);
  let e = find(head, header);
  if (!e) return putAbsent(out);
  const limit = out + 4 + VALUE_MAX;
  let o = out + 4;
  for (; e && o < limit; e = header.joined ? headerNext(head, e) : 0) {
    if (o > out + 4) store<u8>(o++, 0x2c);
    const n = changetype<HeaderEntry>(e).valueLength;
    const room = <u32>(limit - o);
    o = putBytes(o, changetype<HeaderEntry>(e).value, n < room ? n : room);
  }
  store<u32>(out, <u32>(o - out - 4));
  return o;
}

function putPseudo(out: usize, h: Head, id: u32): usize {
  switch (id) {
    case LOG_PSEUDO_METHOD:
      return putText(out, h.method, h.methodLength);
    case LOG_PSEUDO_PATH:
      return h.pathLength ? putText(out, h.path, h.pathLength) : putAbsent(out);
    case LOG_PSEUDO_AUTHORITY:
      return h.authorityLength ? putText(out, h.authority, h.authorityLength) : putAbsent(out);
    case LOG_PSEUDO_SCHEME: {
      // A request that was refused before its scheme was decided has none.
      if (!headerFind(changetype<usize>(h), H_X_FORWARDED_PROTO)) return putAbsent(out);
      const o = putLiteral(out + 4, h.scheme ? 'https' : 'http');
      store<u32>(out, <u32>(o - out - 4));
      return o;
    }
    default:
      return putAbsent(out);
  }
}
