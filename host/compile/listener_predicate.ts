// envoy.config.listener.v3.ListenerFilterChainMatchPredicate -> PredicateModel -> a Predicate of the core.
import { PREDICATE_AND, PREDICATE_ANY, PREDICATE_NOT, PREDICATE_OR, PREDICATE_PORT } from '../../assembly/abi.js';
import type { envoy } from '../../proto/generated/api.js';
import type { Core } from '../core/load.js';

type Predicate = envoy.config.listener.v3.ListenerFilterChainMatchPredicate;

export interface PredicateModel {
  readonly op: number; // PREDICATE_*
  /** PREDICATE_PORT: start <= port < end. */
  readonly start: number;
  readonly end: number;
  readonly rules: readonly PredicateModel[];
}

export function readPredicate(predicate: Predicate): PredicateModel {
  const none = { start: 0, end: 0, rules: [] };
  const { or_match: or, and_match: and, not_match: not, destination_port_range: range } = predicate;
  if (or) return { ...none, op: PREDICATE_OR, rules: or.rules.map(readPredicate) };
  if (and) return { ...none, op: PREDICATE_AND, rules: and.rules.map(readPredicate) };
  if (not) return { ...none, op: PREDICATE_NOT, rules: [readPredicate(not)] };
  if (range) return { ...none, op: PREDICATE_PORT, start: range.start, end: range.end };
  return { ...none, op: PREDICATE_ANY };
}

/** The address of the Predicate, part of `object`. Throws when the table memory is exhausted. */
export function buildPredicate(core: Core, object: number, model: PredicateModel): number {
  const address = core.exports.predicateNew(object, model.op, model.start, model.end, model.rules.length);
  if (address === 0) throw new Error('the table memory of the core is exhausted');
  model.rules.forEach((rule, i) => core.exports.predicateSetRule(address, i, buildPredicate(core, object, rule)));
  return address;
}
