// A ClientHello (RFC 8446 section 4.1.2), as far as choosing a filter chain needs it: its structure, the server name and the application
// protocols. As in Envoy, nothing is said about whether a handshake could succeed.
const EXTENSION_SERVER_NAME: u32 = 0;
const EXTENSION_ALPN: u32 = 16;
const TLS_1_0: u32 = 0x0301;
const TLS_1_3: u32 = 0x0304;
const MAX_SERVER_NAME: u32 = 255;
const MAX_SESSION_ID: u32 = 32;
const MAX_EXTENSIONS: u32 = 1024; // of the 4096 that fit, so that a search for duplicates stays small

export const HELLO_NONE: i32 = 0;
export const HELLO_FOUND: i32 = 1;
export const HELLO_BROKEN: i32 = 2; // of a version that no TLS has

/** What the last hello that was parsed asks for: addresses into its bytes. Instance-private, read at once by the caller. */
export let helloServerName: usize = 0;
export let helloServerNameLength: u32 = 0;
export let helloProtocols: usize = 0; // a list of (length u8, bytes)
export let helloProtocolsLength: u32 = 0;

function u16At(p: usize): u32 {
  return bswap<u16>(load<u16>(p));
}

// The end of a vector whose length stands in the `width` bytes at `p`; 0 where it does not fit.
function vectorEnd(p: usize, end: usize, width: u32): usize {
  if (end - p < width) return 0;
  const to = p + width + (width == 1 ? <u32>load<u8>(p) : u16At(p));
  return to > end ? 0 : to;
}

/** Whether [p, end), the body of the message, is a ClientHello: HELLO_*; what it asks for is in the variables above. */
export function helloParse(p: usize, end: usize): i32 {
  helloServerNameLength = 0;
  helloProtocolsLength = 0;
  if (end - p < 34) return HELLO_NONE;
  const version = u16At(p);
  const sessionId = p + 34;
  const ciphers = vectorEnd(sessionId, end, 1);
  if (!ciphers || ciphers - sessionId > MAX_SESSION_ID + 1) return HELLO_NONE;
  const compressions = vectorEnd(ciphers, end, 2);
  const ciphersLength = <u32>(compressions - ciphers - 2);
  if (!compressions || ciphersLength < 2 || ciphersLength & 1) return HELLO_NONE;
  const extensions = vectorEnd(compressions, end, 1);
  if (!extensions || extensions - compressions < 2) return HELLO_NONE;
  if (extensions != end && !readExtensions(extensions, end)) return HELLO_NONE;
  return version < TLS_1_0 || version > TLS_1_3 ? HELLO_BROKEN : HELLO_FOUND;
}

function readExtensions(p: usize, end: usize): bool {
  if (vectorEnd(p, end, 2) != end) return false;
  const first = p + 2;
  let count: u32 = 0;
  for (p = first; p < end;) {
    if (end - p < 4) return false;
    const next = vectorEnd(p + 2, end, 2);
    if (!next || ++count > MAX_EXTENSIONS || stoodBefore(first, p)) return false;
    const type = u16At(p);
    if (type == EXTENSION_SERVER_NAME && !readServerName(p + 4, next)) return false;
    if (type == EXTENSION_ALPN) readProtocols(p + 4, next);
    p = next;
  }
  return true;
}

// RFC 8446 section 4.2: no extension stands twice.
function stoodBefore(first: usize, p: usize): bool {
  const type = load<u16>(p);
  for (let q = first; q < p; q += 4 + <usize>u16At(q + 2)) if (load<u16>(q) == type) return true;
  return false;
}

// RFC 6066 section 3: one name, of the type host_name.
function readServerName(p: usize, end: usize): bool {
  if (end - p < 5 || vectorEnd(p, end, 2) != end || vectorEnd(p + 3, end, 2) != end || load<u8>(p, 2)) return false;
  const n = <u32>(end - p - 5);
  if (!n || n > MAX_SERVER_NAME) return false;
  for (let q = p + 5; q < end; q++) if (!load<u8>(q)) return false;
  helloServerName = p + 5;
  helloServerNameLength = n;
  return true;
}

// RFC 7301 section 3.1. A broken list is none, and no reason to call the rest broken.
function readProtocols(p: usize, end: usize): void {
  if (vectorEnd(p, end, 2) != end || end - p < 4) return;
  for (let q = p + 2; q < end;) {
    const next = vectorEnd(q, end, 1);
    if (!next || next == q + 1) return;
    q = next;
  }
  helloProtocols = p + 2;
  helloProtocolsLength = <u32>(end - p - 2);
}
