// Who the client is: x-forwarded-for, and whether a request is an internal one (Envoy: http_conn_man header sanitizing).
import { HeaderEntry } from '../http1/head';
import { H_X_FORWARDED_FOR } from '../http1/header_names';
import { scratch } from '../memory/worker_block';
import { ADDRESS_TEXT_MAX, ConnFacts, FACT_LOOPBACK, FAMILY_NONE, isPrivate, putAddress } from './conn_facts';
import { Cidr, HCM_INTERNAL_PRIVATE, HCM_INTERNAL_UNIX_SOCKETS, HcmConfig } from './hcm_config';
import { appendKnown } from './header';
import { parseAddress } from './ip_address';

/** Whether the remote address alone may tell that a request is internal: result of `remoteFromForwardedFor`. */
export let singleAddress: bool = false;

/**
 * Sets the remote address from the x-forwarded-for entry `xff` after skipping `hops` addresses from its end; false when that
 * leads to no address.
 */
export function remoteFromForwardedFor(facts: usize, xff: usize, hops: u32): bool {
  singleAddress = false;
  if (!xff) return false;
  const start: usize = changetype<HeaderEntry>(xff).value;
  let end = start + changetype<HeaderEntry>(xff).valueLength;
  for (let i: u32 = 0; i < hops; i++) {
    const comma = lastComma(start, end);
    if (!comma) return false;
    end = comma;
  }
  const comma = lastComma(start, end);
  let p = comma && comma + 1 < end ? comma + 1 : start;
  while (p < end && isBlank(load<u8>(p))) p++;
  while (end > p && isBlank(load<u8>(end - 1))) end--;
  const f = changetype<ConnFacts>(facts);
  const family = parseAddress(p, <u32>(end - p), facts + offsetof<ConnFacts>('remote0'));
  if (!family) return false;
  f.remoteFamily = family;
  f.remotePort = 0;
  singleAddress = !comma && hops == 0;
  return true;
}

function isBlank(c: u32): bool {
  return c == 0x20 || c == 0x09;
}

// The last comma of [start, end), or 0.
function lastComma(start: usize, end: usize): usize {
  for (let p = end; p > start;) if (load<u8>(--p) == 0x2c) return p;
  return 0;
}

/** Makes the peer the remote address. */
export function remoteIsPeer(facts: usize): void {
  const f = changetype<ConnFacts>(facts);
  f.remote0 = f.peer0;
  f.remote1 = f.peer1;
  f.remotePort = f.peerPort;
  f.remoteFamily = f.peerFamily;
}

/** Appends the peer's address to x-forwarded-for; a loopback peer stands for this host's own address. */
export function appendForwardedFor(hcm: HcmConfig, head: usize, facts: usize): void {
  const f = changetype<ConnFacts>(facts);
  if (!f.peerFamily) return;
  if (f.flags & FACT_LOOPBACK) {
    appendKnown(head, H_X_FORWARDED_FOR, hcm.localAddress, hcm.localAddressLength, ',');
    return;
  }
  const p = scratch(ADDRESS_TEXT_MAX);
  if (!p) return;
  const end = putAddress(p, facts + offsetof<ConnFacts>('peer0'), f.peerFamily);
  appendKnown(head, H_X_FORWARDED_FOR, p, <u32>(end - p), ',');
}

/** Whether the remote address is one that internal_address_config trusts: none without it (Envoy trusts no range by default). */
export function remoteIsInternal(hcm: HcmConfig, facts: usize): bool {
  const f = changetype<ConnFacts>(facts);
  const p = facts + offsetof<ConnFacts>('remote0');
  if (f.remoteFamily == FAMILY_NONE) return (hcm.flags & HCM_INTERNAL_UNIX_SOCKETS) != 0;
  if (hcm.flags & HCM_INTERNAL_PRIVATE) return isPrivate(p, f.remoteFamily);
  for (let i: u32 = 0; i < hcm.internalCidrCount; i++) {
    if (inCidr(<usize>hcm.internalCidrs + <usize>i * offsetof<Cidr>(), p, f.remoteFamily)) return true;
  }
  return false;
}

function inCidr(cidr: usize, p: usize, family: u8): bool {
  const c = changetype<Cidr>(cidr);
  if (c.family != family) return false;
  const whole = <usize>(c.bits >> 3);
  for (let i: usize = 0; i < whole; i++) if (load<u8>(cidr + i) != load<u8>(p + i)) return false;
  const rest = c.bits & 7;
  if (!rest) return true;
  const mask = <u8>(0xff << (8 - rest));
  return ((load<u8>(cidr + whole) ^ load<u8>(p + whole)) & mask) == 0;
}

/** Puts the remote address (without a port) into the scratch area; 0 for a UNIX socket. Its length is in `remoteTextLength`. */
export function remoteText(facts: usize): usize {
  const f = changetype<ConnFacts>(facts);
  remoteTextLength = 0;
  const p = f.remoteFamily ? scratch(ADDRESS_TEXT_MAX) : 0;
  if (p) remoteTextLength = <u32>(putAddress(p, facts + offsetof<ConnFacts>('remote0'), f.remoteFamily) - p);
  return p;
}
export let remoteTextLength: u32 = 0;
