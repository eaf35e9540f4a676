// filter_disabled: for which connections a listener filter is left out (ListenerFilterChainMatchPredicate).
import { PREDICATE_AND, PREDICATE_ANY, PREDICATE_NOT, PREDICATE_OR, PREDICATE_PORT } from '../abi';
import { ConnFacts, FAMILY_NONE } from '../http/conn_facts';
import { objectAlloc } from '../memory/object';

@unmanaged
export class Predicate {
  op: u8; // PREDICATE_*
  pad: u8;
  count: u16; // PREDICATE_NOT, _OR, _AND: rules
  start: i32; // PREDICATE_PORT: start <= port < end
  end: i32;
  rules: u32; // address of u32[count]: Predicates
}

/** A Predicate with room for `count` rules; 0 when memory is exhausted. */
export function predicateNew(object: usize, op: u8, start: i32, end: i32, count: u32): usize {
  const address = objectAlloc(object, <u32>offsetof<Predicate>());
  if (!address) return 0;
  const p = changetype<Predicate>(address);
  p.op = op;
  p.start = start;
  p.end = end;
  p.count = <u16>count;
  if (count) p.rules = <u32>objectAlloc(object, count << 2);
  return p.rules || !count ? address : 0;
}

export function predicateSetRule(address: usize, i: u32, rule: u32): void {
  store<u32>(<usize>changetype<Predicate>(address).rules + ((<usize>i) << 2), rule);
}

/** Whether the rule holds for a connection; its destination may have been restored by now. */
export function predicateHolds(p: Predicate, f: ConnFacts): bool {
  switch (<i32>p.op) {
    case PREDICATE_ANY:
      return true;
    case PREDICATE_PORT:
      return f.localFamily != FAMILY_NONE && <i32>f.localPort >= p.start && <i32>f.localPort < p.end;
    case PREDICATE_NOT:
      return !predicateHolds(ruleOf(p, 0), f);
    case PREDICATE_OR: {
      for (let i: u32 = 0; i < p.count; i++) if (predicateHolds(ruleOf(p, i), f)) return true;
      return false;
    }
    case PREDICATE_AND: {
      for (let i: u32 = 0; i < p.count; i++) if (!predicateHolds(ruleOf(p, i), f)) return false;
      return true;
    }
  }
  return false;
}

function ruleOf(p: Predicate, i: u32): Predicate {
  return changetype<Predicate>(<usize>load<u32>(<usize>p.rules + ((<usize>i) << 2)));
}
