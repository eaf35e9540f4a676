// Referer: dropped unless it is an absolute URL or a relative reference, without fragment and user information (Envoy:
// Utility::isValidRefererValue).
import { HeaderEntry } from '../http1/head';

export function isReferer(entry: usize): bool {
  const p: usize = changetype<HeaderEntry>(entry).value;
  const end = p + changetype<HeaderEntry>(entry).valueLength;
  for (let q = p; q < end; q++) if (load<u8>(q) == 0x23) return false;
  for (let q = p; q < end && load<u8>(q) != 0x2f; q++) if (load<u8>(q) == 0x3a) return isAbsolute(p, q, end);
  return true;
}

// scheme "://" host [":" port] rest
function isAbsolute(p: usize, colon: usize, end: usize): bool {
  if (colon == p || end - colon < 4 || load<u8>(colon, 1) != 0x2f || load<u8>(colon, 2) != 0x2f) return false;
  for (let q = p; q < colon; q++) if (!isAlpha(load<u8>(q)) && !isDigit(load<u8>(q))) return false;
  const host = colon + 3;
  let q = host;
  while (q < end && load<u8>(q) != 0x2f && load<u8>(q) != 0x3f) q++;
  return isHost(host, q) && isRest(q, end);
}

function isAlpha(c: u32): bool {
  return (c | 0x20) - 0x61 < 26;
}

function isDigit(c: u32): bool {
  return c - 0x30 < 10;
}

function isHost(p: usize, end: usize): bool {
  let q = p;
  if (q < end && load<u8>(q) == 0x5b) {
    while (q < end && load<u8>(q) != 0x5d) q++;
    if (q == end) return false;
    q++;
  } else {
    while (q < end && isHostCharacter(load<u8>(q))) q++;
    if (q == p) return false;
  }
  if (q == end) return true;
  if (load<u8>(q++) != 0x3a || q == end || end - q > 5) return false;
  let port: u32 = 0;
  for (; q < end; q++) {
    if (!isDigit(load<u8>(q))) return false;
    port = port * 10 + load<u8>(q) - 0x30;
  }
  return port <= 0xffff;
}

function isHostCharacter(c: u32): bool {
  return isAlpha(c) || isDigit(c) || c == 0x2e || c == 0x2d;
}

function isRest(p: usize, end: usize): bool {
  for (let q = p; q < end; q++) if (load<u8>(q) - 0x21 > 0x5d) return false;
  return true;
}
