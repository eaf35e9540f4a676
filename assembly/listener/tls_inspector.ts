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
const RECORD_HANDSHAKE: u8 = 22;
const MAX_RECORD: u32 = 16384; // plain text
const MAX_MESSAGE: u32 = 16384;
const MAX_EMPTY_RECORDS: u32 = 32;
const MESSAGE_HEADER: u32 = 4;
const CLIENT_HELLO: u8 = 1;

const MORE: i32 = 0;
const NOT_TLS: i32 = -1;

// Bytes of the records that were looked at. Instance-private, read by the caller at once.
let processed: u32 = 0;

/** Works on a copy: the bytes at `p` are moved together. */
export function tlsInspect(d: Slot, f: ListenerFilter, p: usize, n: u32): i32 {
  const length = joinRecords(p, n);
  if (length == MORE) {
    if (n < RX_SIZE && n < f.limit) return STEPS_WAIT;
    statInc(f.stats + TLS_INSPECTOR_STAT_CLIENT_HELLO_TOO_LARGE);
    histogramRecord(f.stats + TLS_INSPECTOR_STAT_BYTES_PROCESSED, n);
    return STEPS_CLOSE;
  }
  histogramRecord(f.stats + TLS_INSPECTOR_STAT_BYTES_PROCESSED, processed);
  if (length < 0 || !helloParse(p + MESSAGE_HEADER, p + length)) {
    statInc(f.stats + TLS_INSPECTOR_STAT_TLS_NOT_FOUND);
    return f.flags & TLS_CLOSES_ON_ERROR ? STEPS_CLOSE : STEPS_DONE;
  }
  statInc(f.stats + TLS_INSPECTOR_STAT_TLS_FOUND);
  d.transport = <u8>TRANSPORT_TLS;
  const named = helloServerNameLength != 0;
  statInc(f.stats + (named ? TLS_INSPECTOR_STAT_SNI_FOUND : TLS_INSPECTOR_STAT_SNI_NOT_FOUND));
  if (named && !foundSetServerName(d, helloServerName, helloServerNameLength)) return STEPS_CLOSE;
  const protocols = helloProtocolsLength != 0;
  statInc(f.stats + (protocols ? TLS_INSPECTOR_STAT_ALPN_FOUND : TLS_INSPECTOR_STAT_ALPN_NOT_FOUND));
  if (protocols && !foundSetProtocols(d, helloProtocols, helloProtocolsLength)) return STEPS_CLOSE;
  return STEPS_DONE;
}

// Takes the record headers out of [p, p + n) until the first handshake message is whole. Its length with its header, MORE or NOT_TLS.
function joinRecords(p: usize, n: u32): i32 {
  let from: u32 = 0;
  let to: u32 = 0;
  let empty: u32 = 0;
  while (n - from >= RECORD_HEADER) {
    const record = p + from;
    const length: u32 = bswap<u16>(load<u16>(record, 3));
    processed = from + RECORD_HEADER;
    if (load<u8>(record) != RECORD_HANDSHAKE || load<u8>(record, 1) != 3 || length > MAX_RECORD) return NOT_TLS;
    if (!length && ++empty > MAX_EMPTY_RECORDS) return NOT_TLS;
    if (length) empty = 0;
    if (n - from - RECORD_HEADER < length) return MORE;
    memory.copy(p + to, record + RECORD_HEADER, length);
    to += length;
    from += RECORD_HEADER + length;
    processed = from;
    if (to < MESSAGE_HEADER) continue;
    const message = MESSAGE_HEADER + (bswap<u32>(load<u32>(p)) & 0xffffff);
    if (message > MESSAGE_HEADER + MAX_MESSAGE) return NOT_TLS;
    if (to < message) continue;
    return load<u8>(p) == CLIENT_HELLO ? <i32>message : NOT_TLS;
  }
  return MORE;
}
