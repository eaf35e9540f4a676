// Builds the tree of filter_chain_match: called by control through host/compile/filter_chain_tree.ts. 0 means "out of memory".
import { bytesTableAdd, bytesTableNew } from '../memory/bytes_table';
import { objectAlloc } from '../memory/object';
import { masked, MatchNode, PrefixKey } from './match';

/** A node of MATCH_* with room for `count` keys and the lengths of `prefixes` prefixes. `any`: child for what no key fits, or 0. */
export function matchNodeNew(object: usize, level: u8, count: u32, prefixes: u32, any: u32): usize {
  const p = objectAlloc(object, <u32>offsetof<MatchNode>());
  if (!p) return 0;
  const node = changetype<MatchNode>(p);
  node.level = level;
  node.any = any;
  node.children = <u32>bytesTableNew(object, count);
  node.prefixCount = <u16>prefixes;
  if (prefixes) node.prefixes = <u32>objectAlloc(object, prefixes * 2);
  return node.children && (node.prefixes || !prefixes) ? p : 0;
}

/** The i-th length of prefixes, the longest first. `family`: 4 or 6. */
export function matchNodeSetPrefix(address: usize, i: u32, family: u32, bits: u32): void {
  store<u16>(<usize>changetype<MatchNode>(address).prefixes + ((<usize>i) << 1), <u16>(family | (bits << 8)));
}

/** A key of bytes that live as long as the object. */
export function matchNodeAddBytes(address: usize, key: u32, length: u32, child: u32): void {
  bytesTableAdd(changetype<MatchNode>(address).children, key, length, child);
}

export function matchNodeAddNumber(object: usize, address: usize, value: u32, child: u32): bool {
  const key = objectAlloc(object, 4);
  if (!key) return false;
  store<u32>(key, value);
  bytesTableAdd(changetype<MatchNode>(address).children, key, 4, child);
  return true;
}

/** `key`: 24 bytes that live as long as the object, of which the address is written: 4 or 16 bytes in network order. */
export function matchNodeAddPrefix(address: usize, key: u32, family: u32, bits: u32, child: u32): void {
  const k = changetype<PrefixKey>(<usize>key);
  k.high = masked(k.high, bits);
  k.low = bits > 64 ? masked(k.low, bits - 64) : 0;
  k.prefix = family | (bits << 8);
  bytesTableAdd(changetype<MatchNode>(address).children, key, <u32>offsetof<PrefixKey>(), child);
}
