// The Location of a redirect, put together as Envoy's newUri does.
import { bytesEqual, Head, headerFind, HeaderEntry, headerNext } from '../http1/head';
import { H_X_FORWARDED_PROTO } from '../http1/header_names';
import { rewritePath } from './rewrite';
import { Redirect, REDIRECT_PATH_HAS_QUERY, REDIRECT_STRIP_QUERY, Rewrite, Route } from './route';

const SCHEMES = memory.data<u8>([0x68, 0x74, 0x74, 0x70, 0x73]); // "http", "https"
const PORT_80 = memory.data<u8>([0x3a, 0x38, 0x30]); // ":80"

function schemeIsHttps(p: usize, n: u32): bool {
  return n == 5 && bytesEqual(p, SCHEMES, 5);
}

function schemeIsHttp(p: usize, n: u32): bool {
  return n == 4 && bytesEqual(p, SCHEMES, 4);
}

// Where the port of an authority begins (its colon), or its end.
function portStart(p: usize, n: u32): u32 {
  const bracket = load<u8>(p) == 0x5b;
  for (let i = n; i > 0; i--) {
    if (load<u8>(p + i - 1) != 0x3a) continue;
    if (!bracket) return i - 1;
    if (i > 1 && load<u8>(p + i - 2) == 0x5d) return i - 1;
  }
  return n;
}

// Length of the request's host to keep: another port, or another scheme than the port belonged to, drops the port.
function keptHost(h: Head, head: usize, r: Redirect, scheme: usize, schemeLength: u32, isTls: bool): u32 {
  const n = h.authorityLength;
  if (!n) return 0;
  const port = portStart(h.authority, n);
  if (port == n) return n;
  if (r.portLength) return port;
  let proto: usize = SCHEMES;
  let protoLength: u32 = isTls ? 5 : 4;
  const e = headerFind(head, H_X_FORWARDED_PROTO);
  if (e) {
    proto = changetype<HeaderEntry>(e).value;
    protoLength = headerNext(head, e) ? 0 : changetype<HeaderEntry>(e).valueLength;
  }
  if (schemeLength == protoLength && bytesEqual(scheme, proto, protoLength)) return n;
  const at = <usize>h.authority + port;
  if (schemeIsHttps(proto, protoLength) && n - port == 4 && load<u32>(at) == 0x3334343a) return port; // ":443"
  if (schemeIsHttp(proto, protoLength) && n - port == 3 && bytesEqual(at, PORT_80, 3)) return port;
  return n;
}

function queryStart(p: usize, n: u32): u32 {
  for (let i: u32 = 0; i < n; i++) if (load<u8>(p + i) == 0x3f) return i;
  return n;
}

// A byte that would end or split the header line is dropped; the parser lets none through, a configuration may.
function put(to: usize, end: usize, p: usize, n: u32): usize {
  for (const last = p + n; p < last && to < end; p++) {
    const c = load<u8>(p);
    if (c != 0x0d && c != 0x0a && c != 0) store<u8>(to++, c);
  }
  return to;
}

/**
 * Writes the Location of a redirect to `out` (`capacity` bytes) and returns its length, 0 when there is no room. A
 * prefix_rewrite of the redirect changes the head's path.
 */
export function routeRedirectLocation(route: usize, head: usize, isTls: bool, out: usize, capacity: u32): u32 {
  const rt = changetype<Route>(route);
  const r = changetype<Redirect>(<usize>rt.redirect);
  const h = changetype<Head>(head);
  if (rt.rewrite && !rewritePath(changetype<Rewrite>(<usize>rt.rewrite), head, false)) return 0;
  const scheme: usize = r.schemeLength ? <usize>r.scheme : SCHEMES;
  const schemeLength: u32 = r.schemeLength ? r.schemeLength : h.scheme ? 5 : 4;
  let path: usize = h.path;
  let pathLength = h.pathLength;
  let query: usize = 0;
  let queryLength: u32 = 0;
  if (r.pathLength) {
    path = r.path;
    pathLength = r.pathLength;
    const q = queryStart(h.path, h.pathLength);
    query = <usize>h.path + q;
    queryLength = h.pathLength - q;
  }
  if (r.flags & REDIRECT_PATH_HAS_QUERY) queryLength = 0;
  else if (r.flags & REDIRECT_STRIP_QUERY) {
    pathLength = queryStart(path, pathLength);
    queryLength = 0;
  }
  const hostLength = r.hostLength ? r.hostLength : keptHost(h, head, r, scheme, schemeLength, isTls);
  if (schemeLength + 3 + hostLength + r.portLength + pathLength + queryLength > capacity) return 0;
  const end = out + capacity;
  let p = put(out, end, scheme, schemeLength);
  store<u8>(p, 0x3a);
  store<u16>(p + 1, 0x2f2f);
  p = put(p + 3, end, r.hostLength ? r.host : h.authority, hostLength);
  p = put(p, end, r.port, r.portLength);
  p = put(p, end, path, pathLength);
  p = put(p, end, query, queryLength);
  return <u32>(p - out);
}
