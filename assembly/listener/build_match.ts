// Builds the tree of filter_chain_match: called by control through host/compile/filter_chain_tree.ts. 0 means "out of memory".
import { bytesHash } from '../memory/bytes';
import { objectAlloc } from '../memory/object';
import { addressHash, entryAt, masked, MatchEntry, MatchNode, numberHash } from './match';

/** A node of MATCH_* with room for `count` keys and the lengths of `prefixes` prefixes. `any`: child for what no key fits, or 0. */
export function matchNodeNew(object: usize, level: u8, count: u32, prefixes: u32, any: u32): usize {
  const p = objectAlloc(object, <u32>offsetof<MatchNode>());
  if (!p) return 0;
  const node = changetype<MatchNode>(p);
  let slots: u32 = 2;
  while (slots < count * 2) slots <<= 1;
  node.level = level;
  node.any = any;
  node.mask = slots - 1;
  node.slots = <u32>objectAlloc(object, slots * offsetof<MatchEntry>());
  node.prefixCount = <u16>prefixes;
  if (prefixes) node.prefixes = <u32>objectAlloc(object, prefixes * 2);
  return node.slots && (node.prefixes || !prefixes) ? p : 0;
}

/** The i-th length of prefixes, the longest first. `family`: 4 or 6. */
export function matchNodeSetPrefix(address: usize, i: u32, family: u32, bits: u32): void {
  store<u16>(<usize>changetype<MatchNode>(address).prefixes + ((<usize>i) << 1), <u16>(family | (bits << 8)));
}

/** A key of bytes that live as long as the object. */
export function matchNodeAddBytes(address: usize, key: u32, length: u32, child: u32): void {
  add(changetype<MatchNode>(address), bytesHash(key, length), key, length, child);
}

export function matchNodeAddNumber(object: usize, address: usize, value: u32, child: u32): bool {
  const key = objectAlloc(object, 4);
  if (!key) return false;
  store<u32>(key, value);
  add(changetype<MatchNode>(address), numberHash(value), <u32>key, 4, child);
  return true;
}

/** `key`: 24 bytes that live as long as the object, of which the address is written: 4 or 16 bytes in network order. */
export function matchNodeAddPrefix(address: usize, key: u32, family: u32, bits: u32, child: u32): void {
  const high = masked(load<u64>(key), bits);
  const low = bits > 64 ? masked(load<u64>(key, 8), bits - 64) : 0;
  const prefix = family | (bits << 8);
  store<u64>(key, high);
  store<u64>(key, low, 8);
  store<u64>(key, prefix, 16);
  add(changetype<MatchNode>(address), addressHash(high, low, prefix), key, 24, child);
}

function add(node: MatchNode, hash: u32, key: u32, length: u32, child: u32): void {
  let i = hash & node.mask;
  while (entryAt(node, i).key) i = (i + 1) & node.mask;
  const e = entryAt(node, i);
  e.key = key;
  e.length = length;
  e.hash = hash;
  e.child = child;
}
