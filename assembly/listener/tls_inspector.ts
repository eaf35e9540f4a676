// tls_inspector: whether a connection begins with a ClientHello (RFC 8446 section 4.1.2), and which server name and application
// protocols it asks for. The message may come in any number of records (RFC 8446 section 5.1) and segments.
import {
  TLS_CLOSES_ON_ERROR,
  TLS_INSPECTOR_STAT_ALPN_FOUND,
  TLS_INSPECTOR_STAT_ALPN_NOT_FOUND,
  TLS_INSPECTOR_STAT_BYTES_PROCESSED,
  TLS_INSPECTOR_STAT_CLIENT_HELLO_TOO_LARGE,
  TLS_INSPECTOR_STAT_SNI_FOUND,
  TLS_INSPECTOR_STAT_SNI_NOT_FOUND,
  TLS_INSPECTOR_STAT_TLS_FOUND,
  TLS_INSPECTOR_STAT_TLS_NOT_FOUND,
  TRANSPORT_TLS,
} from '../abi';
import { RX_SIZE } from '../memory/map';
import { statInc } from '../stats/counters';
import { histogramRecord } from '../stats/histogram';
import { Slot } from '../stream/slot';
import {
  HELLO_BROKEN,
  HELLO_NONE,
  helloParse,
  helloProtocols,
  helloProtocolsLength,
  helloServerName,
  helloServerNameLength,
} from './client_hello';
import { foundSetProtocols, foundSetServerName } from './found';
import { ListenerFilter } from './listener';
import { STEPS_CLOSE, STEPS_DONE, STEPS_WAIT } from './steps';

const RECORD_HEADER: u32 = 5;
const RECORD_ALERT: u32 = 21;
const RECORD_HANDSHAKE: u32 = 22;
const MAX_RECORD: u32 = 16384; // plain text
const MAX_ENCRYPTED: u32 = MAX_RECORD + 320;
const MAX_ALERTS: u32 = 4;
const ALERT_WARNING: u8 = 1;
const ALERT_CLOSE_NOTIFY: u8 = 0;
const MAX_MESSAGE: u32 = 16384;
const MAX_EMPTY_RECORDS: u32 = 32;
const MESSAGE_HEADER: u32 = 4;
const CLIENT_HELLO: u8 = 1;

const MORE: i32 = 0;
const NOT_TLS: i32 = -1;
const CLOSED: i32 = -2;

// Bytes of the records that were looked at. Instance-private, read by the caller at once.
let processed: u32 = 0;

/** Works on a copy: the bytes at `p` are moved together. */
export function tlsInspect(d: Slot, f: ListenerFilter, p: usize, n: u32): i32 {
  const limit = f.limit < RX_SIZE ? f.limit : RX_SIZE;
  const length = joinRecords(p, n < limit ? n : limit);
  if (length == MORE) {
    if (n < limit) return STEPS_WAIT;
    statInc(f.stats + TLS_INSPECTOR_STAT_CLIENT_HELLO_TOO_LARGE);
    return STEPS_CLOSE;
  }
  histogramRecord(f.stats + TLS_INSPECTOR_STAT_BYTES_PROCESSED, processed);
  if (length == CLOSED) return STEPS_CLOSE;
  const hello = length < 0 ? HELLO_NONE : helloParse(p + MESSAGE_HEADER, p + length);
  if (hello == HELLO_NONE) {
    statInc(f.stats + TLS_INSPECTOR_STAT_TLS_NOT_FOUND);
    return f.flags & TLS_CLOSES_ON_ERROR ? STEPS_CLOSE : STEPS_DONE;
  }
  if (!keepServerName(d, f)) return STEPS_CLOSE;
  if (hello == HELLO_BROKEN) {
    statInc(f.stats + TLS_INSPECTOR_STAT_TLS_NOT_FOUND);
    return STEPS_CLOSE;
  }
  statInc(f.stats + TLS_INSPECTOR_STAT_TLS_FOUND);
  d.transport = <u8>TRANSPORT_TLS;
  return keepProtocols(d, f) ? STEPS_DONE : STEPS_CLOSE;
}

function keepServerName(d: Slot, f: ListenerFilter): bool {
  if (!helloServerNameLength) {
    statInc(f.stats + TLS_INSPECTOR_STAT_SNI_NOT_FOUND);
    return true;
  }
  statInc(f.stats + TLS_INSPECTOR_STAT_SNI_FOUND);
  return foundSetServerName(d, helloServerName, helloServerNameLength);
}

function keepProtocols(d: Slot, f: ListenerFilter): bool {
  if (!helloProtocolsLength) {
    statInc(f.stats + TLS_INSPECTOR_STAT_ALPN_NOT_FOUND);
    return true;
  }
  statInc(f.stats + TLS_INSPECTOR_STAT_ALPN_FOUND);
  return foundSetProtocols(d, helloProtocols, helloProtocolsLength);
}

// Takes the record headers out of [p, p + n) until the first handshake message is whole, and stands alone. Its length with its header,
// MORE, NOT_TLS or CLOSED.
function joinRecords(p: usize, n: u32): i32 {
  let from: u32 = 0;
  let to: u32 = 0;
  let empty: u32 = 0;
  let alerts: u32 = 0;
  while (n - from >= RECORD_HEADER) {
    const record = p + from;
    const type: u32 = load<u8>(record);
    const length: u32 = bswap<u16>(load<u16>(record, 3));
    processed = from + RECORD_HEADER;
    if (load<u8>(record, 1) != 3 || length > MAX_ENCRYPTED) return NOT_TLS;
    if (n - from - RECORD_HEADER < length) return MORE;
    from += RECORD_HEADER + length;
    processed = from;
    if ((type != RECORD_HANDSHAKE && type != RECORD_ALERT) || length > MAX_RECORD) return NOT_TLS;
    if (!length && ++empty > MAX_EMPTY_RECORDS) return NOT_TLS;
    if (length) empty = 0;
    if (type == RECORD_ALERT) {
      const result = alert(record + RECORD_HEADER, length);
      if (result != MORE) return result;
      if (++alerts > MAX_ALERTS) return NOT_TLS;
      continue;
    }
    memory.copy(p + to, record + RECORD_HEADER, length);
    to += length;
    if (to < MESSAGE_HEADER) continue;
    const message = MESSAGE_HEADER + (bswap<u32>(load<u32>(p)) & 0xffffff);
    if (message > MESSAGE_HEADER + MAX_MESSAGE) return NOT_TLS;
    if (to < message) continue;
    return load<u8>(p) == CLIENT_HELLO && to == message ? <i32>message : NOT_TLS;
  }
  return MORE;
}

// RFC 8446 section 6: a warning before the hello is passed over, but for the one that closes.
function alert(p: usize, length: u32): i32 {
  if (length != 2 || load<u8>(p) != ALERT_WARNING) return NOT_TLS;
  return load<u8>(p, 1) == ALERT_CLOSE_NOTIFY ? CLOSED : MORE;
}
