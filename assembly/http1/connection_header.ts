// Connection and what hangs on it: close, keep-alive, upgrade, and the headers it nominates as hop-by-hop (RFC 9110 section 7.6.1).
// The rules are those of Envoy's sanitizeConnectionHeader.
import { PARSE_CONNECTION_HEADER_REJECTED } from '../abi';
import { bytesEqualLower } from '../memory/bytes';
import {
  Head,
  HEAD_CLOSE,
  HEAD_KEEP_ALIVE,
  HEAD_TRAILERS,
  HeaderEntry,
  headerFind,
  headerNext,
  headerRemove,
  headerRemoveEntry,
  headerRemoveName,
  headerSetValue,
} from './head';
import {
  H_CONNECTION,
  H_CONTENT_LENGTH,
  H_HTTP2_SETTINGS,
  H_TE,
  H_TRANSFER_ENCODING,
  H_X_FORWARDED_FOR,
  H_X_FORWARDED_HOST,
  H_X_FORWARDED_PROTO,
  headerNameId,
} from './header_names';
import { bit, repeatedNames } from './header_block';
import { lowerCase } from './scan';

const MAX_NOMINATED: u32 = 10; // as many tokens are refused
const MAX_TE: u32 = 256; // a nominated TE as long is refused

const CLOSE: usize = memory.data<u8>([0x63, 0x6c, 0x6f, 0x73, 0x65]);
const KEEP_ALIVE: usize = memory.data<u8>([0x6b, 0x65, 0x65, 0x70, 0x2d, 0x61, 0x6c, 0x69, 0x76, 0x65]);
const UPGRADE: usize = memory.data<u8>([0x75, 0x70, 0x67, 0x72, 0x61, 0x64, 0x65]);

// Token cursor: nextToken moves it over a comma-separated list. Instance-private scratch, used within one call.
let cursor: usize = 0;
let limit: usize = 0;
let token: usize = 0;
let tokenLength: u32 = 0;

/** Opens a comma-separated value for `nextToken`. */
function tokensOf(entry: usize): void {
  const e = changetype<HeaderEntry>(entry);
  cursor = e.value;
  limit = cursor + e.valueLength;
}

// The next element between commas, trimmed (perhaps to nothing); empty elements are skipped.
function nextToken(): bool {
  while (cursor < limit && load<u8>(cursor) == 0x2c) cursor++;
  if (cursor >= limit) return false;
  let a = cursor;
  while (cursor < limit && load<u8>(cursor) != 0x2c) cursor++;
  let b = cursor;
  while (a < b && isBlank(load<u8>(a))) a++;
  while (b > a && isBlank(load<u8>(b - 1))) b--;
  token = a;
  tokenLength = <u32>(b - a);
  return true;
}

function isBlank(c: u32): bool {
  return c == 0x20 || c == 0x09;
}

function tokenIs(word: usize, length: u32): bool {
  return tokenLength == length && bytesEqualLower(token, word, length);
}

/** Where the upgrade token of the last `connectionTokens` stands, 0 if there was none. */
export let upgradeToken: usize = 0;

/** Whether Connection is one header that says `keep-alive` or `close` and nothing else; then the flag is set. */
export function plainConnection(head: usize): bool {
  if (repeatedNames & bit(H_CONNECTION)) return false;
  const e = changetype<HeaderEntry>(headerFind(head, H_CONNECTION));
  token = e.value;
  tokenLength = e.valueLength;
  const h = changetype<Head>(head);
  if (tokenIs(KEEP_ALIVE, 10)) h.flags |= HEAD_KEEP_ALIVE;
  else if (tokenIs(CLOSE, 5)) h.flags |= HEAD_CLOSE;
  else return false;
  return true;
}

/** Reads every Connection header: sets HEAD_CLOSE and HEAD_KEEP_ALIVE and finds the upgrade token. Removes nothing. */
export function connectionTokens(head: usize): void {
  upgradeToken = 0;
  const h = changetype<Head>(head);
  for (let e = headerFind(head, H_CONNECTION); e; e = headerNext(head, e)) {
    tokensOf(e);
    while (nextToken()) {
      if (tokenIs(KEEP_ALIVE, 10)) h.flags |= HEAD_KEEP_ALIVE;
      else if (tokenIs(CLOSE, 5)) h.flags |= HEAD_CLOSE;
      else if (tokenIs(UPGRADE, 7)) upgradeToken = token;
    }
  }
}

/** Leaves one Connection header with the upgrade token at `word`, in the case it came in. */
export function keepUpgradeOnly(head: usize, word: usize): void {
  const first = headerFind(head, H_CONNECTION);
  for (let e = headerNext(head, first); e; e = headerNext(head, first)) headerRemoveEntry(head, e);
  const e = changetype<HeaderEntry>(first);
  if (e.value != <u32>word || e.valueLength != 7) headerSetValue(first, word, 7);
}

/** Whether a list-valued header of this id holds `close`. */
export function headerHasClose(head: usize, id: u32): bool {
  for (let e = headerFind(head, id); e; e = headerNext(head, e)) {
    tokensOf(e);
    while (nextToken()) if (tokenIs(CLOSE, 5)) return true;
  }
  return false;
}

/**
 * Removes the headers that Connection nominates; 0, or the code of a request that must not be served. Content-Length and
 * Transfer-Encoding say where this message ends, so nominating them removes nothing; TE is decided by `keepTrailersOnly`.
 */
export function removeNominated(head: usize): i32 {
  let tokens: u32 = 0;
  for (let e = headerFind(head, H_CONNECTION); e; e = headerNext(head, e)) {
    tokensOf(e);
    while (nextToken()) {
      if (++tokens >= MAX_NOMINATED) return PARSE_CONNECTION_HEADER_REJECTED;
      if (tokenIs(KEEP_ALIVE, 10) || tokenIs(CLOSE, 5) || tokenIs(UPGRADE, 7)) continue;
      if (!removeNamed(head, token, tokenLength)) return PARSE_CONNECTION_HEADER_REJECTED;
    }
  }
  return 0;
}

// False: this name must not be nominated.
function removeNamed(head: usize, name: usize, length: u32): bool {
  if (!length) return true;
  if (load<u8>(name) == 0x3a) return false; // a pseudo-header
  lowerCase(name, length);
  const id = headerNameId(name, length);
  switch (id) {
    case H_CONNECTION:
    case H_CONTENT_LENGTH:
    case H_TRANSFER_ENCODING:
    case H_HTTP2_SETTINGS:
      return true;
    // Their removal would hide where a request came from.
    case H_X_FORWARDED_FOR:
    case H_X_FORWARDED_HOST:
    case H_X_FORWARDED_PROTO:
      return false;
    case H_TE: {
      const te = headerFind(head, H_TE);
      return !te || changetype<HeaderEntry>(te).valueLength < MAX_TE;
    }
  }
  headerRemoveName(head, id, name, length);
  return true;
}

/** Reduces TE to `trailers`, the only value that passes a proxy here, or removes it. */
export function keepTrailersOnly(head: usize): void {
  const first = headerFind(head, H_TE);
  let found: usize = 0;
  for (let e = first; e && !found; e = headerNext(head, e)) {
    tokensOf(e);
    while (!found && nextToken()) if (tokenIsTrailers()) found = token;
  }
  if (!found) {
    headerRemove(head, H_TE);
    return;
  }
  changetype<Head>(head).flags |= HEAD_TRAILERS;
  for (let e = headerNext(head, first); e; e = headerNext(head, first)) headerRemoveEntry(head, e);
  const e = changetype<HeaderEntry>(first);
  if (e.value != <u32>found || e.valueLength != 8) headerSetValue(first, found, 8);
}

// Envoy compares this one with its case.
function tokenIsTrailers(): bool {
  return tokenLength == 8 && load<u64>(token) == 0x7372656c69617274;
}
