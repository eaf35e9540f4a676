// A ClientHello (RFC 8446 section 4.1.2), as far as choosing a filter chain needs it. A hello that Envoy's TLS library refuses before
// it has looked at the server name is none here either.
const EXTENSION_SERVER_NAME: u32 = 0;
const EXTENSION_ALPN: u32 = 16;
const EXTENSION_EXTENDED_MASTER_SECRET: u32 = 23;
const EXTENSION_SUPPORTED_VERSIONS: u32 = 43;
const EXTENSION_RENEGOTIATION_INFO: u32 = 0xff01;
const TLS_1_0: u32 = 0x0301;
const TLS_1_2: u32 = 0x0303;
const TLS_1_3: u32 = 0x0304;
const FALLBACK_SCSV: u32 = 0x5600; // RFC 7507
const MAX_SERVER_NAME: u32 = 255;
const MAX_SESSION_ID: u32 = 32;

/** What the last hello that was parsed asks for: addresses into its bytes. Instance-private, read at once by the caller. */
export let helloServerName: usize = 0;
export let helloServerNameLength: u32 = 0;
export let helloProtocols: usize = 0; // a list of (length u8, bytes)
export let helloProtocolsLength: u32 = 0;

let version: u32 = 0; // negotiated
let isBroken: bool = false;

function u16At(p: usize): u32 {
  return bswap<u16>(load<u16>(p));
}

// The end of a vector whose length stands in the `width` bytes at `p`; 0 where it does not fit.
function vectorEnd(p: usize, end: usize, width: u32): usize {
  if (end - p < width) return 0;
  const to = p + width + (width == 1 ? <u32>load<u8>(p) : u16At(p));
  return to > end ? 0 : to;
}

/** Whether [p, end), the body of the message, is a ClientHello; what it asks for is in the variables above. */
export function helloParse(p: usize, end: usize): bool {
  helloServerNameLength = 0;
  helloProtocolsLength = 0;
  if (end - p < 34) return false;
  const legacyVersion = u16At(p);
  const sessionId = p + 34;
  const ciphers = vectorEnd(sessionId, end, 1);
  if (!ciphers || ciphers - sessionId > MAX_SESSION_ID + 1) return false;
  const compressions = vectorEnd(ciphers, end, 2);
  const ciphersLength = <u32>(compressions - ciphers - 2);
  if (!compressions || ciphersLength < 2 || ciphersLength & 1) return false;
  const extensions = vectorEnd(compressions, end, 1);
  if (!extensions || extensions - compressions < 2) return false;
  version = legacyVersion >= TLS_1_2 ? TLS_1_2 : legacyVersion;
  if (extensions != end && !readExtensions(extensions, end)) return false;
  if (version < TLS_1_0 || isDowngrade(ciphers + 2, compressions)) return false;
  return offersNoCompression(compressions + 1, extensions);
}

function readExtensions(p: usize, end: usize): bool {
  if (vectorEnd(p, end, 2) != end) return false;
  isBroken = false;
  p += 2;
  while (p < end) {
    if (end - p < 4) return false;
    const body = p + 4;
    const next = vectorEnd(p + 2, end, 2);
    if (!next) return false;
    readExtension(u16At(p), body, next);
    p = next;
  }
  return !isBroken;
}

function readExtension(type: u32, p: usize, end: usize): void {
  switch (type) {
    case EXTENSION_SERVER_NAME:
      if (!readServerName(p, end)) isBroken = true;
      break;
    case EXTENSION_ALPN:
      readProtocols(p, end);
      break;
    case EXTENSION_SUPPORTED_VERSIONS:
      if (!readVersions(p, end)) isBroken = true;
      break;
    case EXTENSION_EXTENDED_MASTER_SECRET:
      if (p != end) isBroken = true;
      break;
    case EXTENSION_RENEGOTIATION_INFO:
      if (end - p != 1 || load<u8>(p)) isBroken = true;
      break;
  }
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

// RFC 8446 section 4.2.1: it replaces the version of the message.
function readVersions(p: usize, end: usize): bool {
  if (vectorEnd(p, end, 1) != end || end - p < 3 || !((end - p) & 1)) return false;
  version = 0;
  for (let q = p + 1; q < end; q += 2) {
    const v = u16At(q);
    if (v >= TLS_1_0 && v <= TLS_1_3 && v > version) version = v;
  }
  return true;
}

// A client that says that it tries a lower version once more, though a higher one would have done.
function isDowngrade(p: usize, end: usize): bool {
  if (version == TLS_1_3) return false;
  for (; p < end; p += 2) if (u16At(p) == FALLBACK_SCSV) return true;
  return false;
}

function offersNoCompression(p: usize, end: usize): bool {
  if (version == TLS_1_3) return end - p == 1 && !load<u8>(p);
  for (; p < end; p++) if (!load<u8>(p)) return true;
  return false;
}
