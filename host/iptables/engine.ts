// What puts rules in place: iptables of either kind, or nft. One speaks for one kind of tables in the network namespace.
import type { TableComparison } from './compare.js';
import type { Family, Rule, RuleSet } from './rule.js';

export interface Engine {
  /** For people: `iptables (nft)`. */
  readonly name: string;
  /** Reads what is in place; what follows speaks of that moment. Throws where this kernel does not know its tables. */
  read(): void;
  /** Whether anything of ours is there, a guard included. */
  readonly hasOwn: boolean;
  readonly hasGuard: boolean;
  /** The marks that packets for the proxy get by the TPROXY rules that were read. */
  readonly marks: readonly number[];
  /** Without the tables where nothing is wanted and nothing of ours is. */
  compare(wanted: RuleSet): TableComparison[];
  /** All rules that were read, of others too, as far as they can be understood. */
  rulesInPlace(family: Family): Rule[];
  /** Makes the tables of `changes` what they should be: a table is one transaction. Throws, with nothing changed but whole tables. */
  apply(wanted: RuleSet, changes: readonly TableComparison[]): void;
  /** Removes all that was read, the guard included. */
  clean(): void;
  /** Drops all TCP and UDP of these families until `liftGuard`. */
  guard(families: readonly Family[]): void;
  liftGuard(): void;
}
