// The methods that Envoy's parser knows; any other is a bad request (its default, allow_custom_methods off).
import { bytesEqual } from '../memory/bytes';
import {
  METHOD_CONNECT,
  METHOD_DELETE,
  METHOD_GET,
  METHOD_HEAD,
  METHOD_OPTIONS,
  METHOD_OTHER,
  METHOD_PATCH,
  METHOD_POST,
  METHOD_PUT,
  METHOD_QUERY,
  METHOD_TRACE,
} from './head';

export const METHOD_UNKNOWN: u32 = 255;

/** METHOD_* of the token [p, p + length), or METHOD_UNKNOWN. Methods are case-sensitive (RFC 9110 section 9.1). */
export function methodId(p: usize, length: u32): u32 {
  switch (length) {
    case 3:
      return methodOf3(load<u16>(p), load<u8>(p, 2));
    case 4:
      return methodOf4(load<u32>(p));
    case 5:
      return methodOf5(load<u32>(p), load<u8>(p, 4));
    case 6:
      return methodOf6(load<u32>(p), load<u16>(p, 4));
    case 7:
      return methodOf7(load<u32>(p), load<u32>(p, 3));
  }
  return methodOfRest(p, length);
}

function methodOf3(a: u32, b: u32): u32 {
  if (a == 0x4547 && b == 0x54) return METHOD_GET;
  if (a == 0x5550 && b == 0x54) return METHOD_PUT;
  return a == 0x4341 && b == 0x4c ? METHOD_OTHER : METHOD_UNKNOWN; // ACL
}

function methodOf4(a: u32): u32 {
  switch (a) {
    case 0x54534f50:
      return METHOD_POST;
    case 0x44414548:
      return METHOD_HEAD;
    case 0x444e4942: // BIND
    case 0x59504f43: // COPY
    case 0x4b4e494c: // LINK
    case 0x4b434f4c: // LOCK
    case 0x45564f4d: // MOVE
      return METHOD_OTHER;
  }
  return METHOD_UNKNOWN;
}

function methodOf5(a: u32, b: u32): u32 {
  if (a == 0x43544150 && b == 0x48) return METHOD_PATCH;
  if (a == 0x43415254 && b == 0x45) return METHOD_TRACE;
  if (a == 0x52455551 && b == 0x59) return METHOD_QUERY;
  if (a == 0x4752454d && b == 0x45) return METHOD_OTHER; // MERGE
  if (a == 0x4f434b4d && b == 0x4c) return METHOD_OTHER; // MKCOL
  return a == 0x47525550 && b == 0x45 ? METHOD_OTHER : METHOD_UNKNOWN; // PURGE
}

function methodOf6(a: u32, b: u32): u32 {
  if (a == 0x454c4544 && b == 0x4554) return METHOD_DELETE;
  if (a == 0x49544f4e && b == 0x5946) return METHOD_OTHER; // NOTIFY
  if (a == 0x49424552 && b == 0x444e) return METHOD_OTHER; // REBIND
  if (a == 0x4f504552 && b == 0x5452) return METHOD_OTHER; // REPORT
  if (a == 0x52414553 && b == 0x4843) return METHOD_OTHER; // SEARCH
  if (a == 0x52554f53 && b == 0x4543) return METHOD_OTHER; // SOURCE
  if (a == 0x49424e55 && b == 0x444e) return METHOD_OTHER; // UNBIND
  if (a == 0x494c4e55 && b == 0x4b4e) return METHOD_OTHER; // UNLINK
  return a == 0x4f4c4e55 && b == 0x4b43 ? METHOD_OTHER : METHOD_UNKNOWN; // UNLOCK
}

function methodOf7(a: u32, b: u32): u32 {
  if (a == 0x4e4e4f43 && b == 0x5443454e) return METHOD_CONNECT;
  if (a == 0x4954504f && b == 0x534e4f49) return METHOD_OPTIONS;
  return a == 0x4145534d && b == 0x48435241 ? METHOD_OTHER : METHOD_UNKNOWN; // MSEARCH, as Envoy spells it: no hyphen
}

const CHECKOUT: usize = memory.data<u8>([0x43, 0x48, 0x45, 0x43, 0x4b, 0x4f, 0x55, 0x54]);
const PROPFIND: usize = memory.data<u8>([0x50, 0x52, 0x4f, 0x50, 0x46, 0x49, 0x4e, 0x44]);
const PROPPATCH: usize = memory.data<u8>([0x50, 0x52, 0x4f, 0x50, 0x50, 0x41, 0x54, 0x43, 0x48]);
const SUBSCRIBE: usize = memory.data<u8>([0x53, 0x55, 0x42, 0x53, 0x43, 0x52, 0x49, 0x42, 0x45]);
const MKACTIVITY: usize = memory.data<u8>([0x4d, 0x4b, 0x41, 0x43, 0x54, 0x49, 0x56, 0x49, 0x54, 0x59]);
const MKCALENDAR: usize = memory.data<u8>([0x4d, 0x4b, 0x43, 0x41, 0x4c, 0x45, 0x4e, 0x44, 0x41, 0x52]);
const UNSUBSCRIBE: usize = memory.data<u8>([0x55, 0x4e, 0x53, 0x55, 0x42, 0x53, 0x43, 0x52, 0x49, 0x42, 0x45]);

function methodOfRest(p: usize, length: u32): u32 {
  switch (length) {
    case 8:
      return bytesEqual(p, CHECKOUT, 8) || bytesEqual(p, PROPFIND, 8) ? METHOD_OTHER : METHOD_UNKNOWN;
    case 9:
      return bytesEqual(p, PROPPATCH, 9) || bytesEqual(p, SUBSCRIBE, 9) ? METHOD_OTHER : METHOD_UNKNOWN;
    case 10:
      return bytesEqual(p, MKACTIVITY, 10) || bytesEqual(p, MKCALENDAR, 10) ? METHOD_OTHER : METHOD_UNKNOWN;
    case 11:
      return bytesEqual(p, UNSUBSCRIBE, 11) ? METHOD_OTHER : METHOD_UNKNOWN;
  }
  return METHOD_UNKNOWN;
}
