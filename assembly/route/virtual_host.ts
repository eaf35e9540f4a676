// The virtual host of an authority, as Envoy finds it: whole domain, longest `*.suffix`, longest `prefix.*`, `*`.
import { lowerByte, lowerEqual, lowerWord } from './ascii';
import { Domain, DomainTable, RouteConfig, CONFIG_IGNORE_PORT } from './route_config';

const FNV_START: u32 = 0x811c9dc5;
const FNV_PRIME: u32 = 0x01000193;

/** Hash of a whole host, lower-cased on the way. The table is made by the configuration alone: no seed. */
export function hostHash(p: usize, n: u32): u32 {
  let h: u64 = <u64>n * 0x9e3779b97f4a7c15;
  let i: u32 = 0;
  for (; i + 8 <= n; i += 8) h = mix(h ^ lowerWord(load<u64>(p + i)));
  let tail: u64 = 0;
  for (; i < n; i++) tail = (tail << 8) | load<u8>(p + i);
  h = mix(h ^ lowerWord(tail));
  return <u32>(h ^ (h >> 32));
}

function mix(h: u64): u64 {
  h *= 0xff51afd7ed558ccd;
  return h ^ (h >> 32);
}

/** One step of the hash of a wildcard, which is built byte by byte from the host's fixed end. */
export function wildcardHash(h: u32, c: u32): u32 {
  return (h ^ lowerByte(c)) * FNV_PRIME;
}

/** The hash of a whole wildcard, for the builder. */
export function wildcardHashOf(p: usize, n: u32, suffix: bool): u32 {
  let h = FNV_START;
  for (let i: u32 = 0; i < n; i++) h = wildcardHash(h, load<u8>(p + (suffix ? n - 1 - i : i)));
  return h;
}

function probe(table: DomainTable, hash: u32, p: usize, n: u32): u32 {
  let i = hash & table.mask;
  while (true) {
    const d = changetype<Domain>(<usize>table.slots + <usize>i * offsetof<Domain>());
    if (!d.name) return 0;
    if (d.hash == hash && d.length == n && lowerEqual(d.name, p, n)) return d.virtualHost;
    i = (i + 1) & table.mask;
  }
}

// A wildcard must leave at least one byte to its star.
function findWildcard(table: DomainTable, p: usize, n: u32, suffix: bool): u32 {
  let found: u32 = 0;
  let h = FNV_START;
  const longest = n <= table.longest ? n - 1 : table.longest;
  for (let length: u32 = 1; length <= longest; length++) {
    const at = suffix ? n - length : length - 1;
    h = wildcardHash(h, load<u8>(p + at));
    if (!(((<u32>load<u8>(<usize>table.lengths + (length >> 3))) >> (length & 7)) & 1)) continue;
    const virtualHost = probe(table, h, suffix ? p + at : p, length);
    if (virtualHost) found = virtualHost;
  }
  return found;
}

/** Length of the host without its port: the last colon that is not inside the brackets of an IPv6 address. */
export function hostWithoutPort(p: usize, n: u32): u32 {
  for (let i = n; i > 0; i--) {
    const c = load<u8>(p + i - 1);
    if (c == 0x5d) return n; // ']'
    if (c == 0x3a) return i - 1;
  }
  return n;
}

/** The VirtualHost of an authority, or 0. */
export function findVirtualHost(rc: RouteConfig, p: usize, n: u32): u32 {
  if (!rc.exact && !rc.suffix && !rc.prefix) return rc.fallback;
  if (rc.flags & CONFIG_IGNORE_PORT) n = hostWithoutPort(p, n);
  let found: u32 = 0;
  if (rc.exact) found = probe(changetype<DomainTable>(<usize>rc.exact), hostHash(p, n), p, n);
  if (n) {
    if (!found && rc.suffix) found = findWildcard(changetype<DomainTable>(<usize>rc.suffix), p, n, true);
    if (!found && rc.prefix) found = findWildcard(changetype<DomainTable>(<usize>rc.prefix), p, n, false);
  }
  return found ? found : rc.fallback;
}
