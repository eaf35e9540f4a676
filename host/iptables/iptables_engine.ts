// Rules by iptables-restore and ip6tables-restore. Every change of a table, replacing included, is one transaction.
import { compare, ownRules } from './compare.js';
import type { ResolveGroup, TableComparison } from './compare.js';
import type { Engine } from './engine.js';
import { InterceptionError } from './failure.js';
import { parseSave } from './parse_save.js';
import type { SavedTable } from './parse_save.js';
import { findProgram, programFailure, runProgram } from './programs.js';
import type { Backend } from './programs.js';
import { tableLines, transaction } from './render_iptables.js';
import { FAMILIES, isOwnChain, TABLES } from './rule.js';
import type { Family, Rule, RuleSet, Table } from './rule.js';

/** Seconds that a legacy program waits for the lock of another one. */
const LOCK_WAIT = 30;

const GUARD = 'ISTIO_GUARD';
const GUARDED = ['INPUT', 'FORWARD', 'OUTPUT'];
const GUARD_RULES = [
  `-N ${GUARD}`,
  `-A ${GUARD} -p tcp -j DROP`,
  `-A ${GUARD} -p udp -j DROP`,
  ...GUARDED.map((chain) => `-I ${chain} 1 -j ${GUARD}`),
];

type Saved = Record<Family, readonly SavedTable[]>;

export class IptablesEngine implements Engine {
  private saved: Saved = { ipv4: [], ipv6: [] };

  constructor(
    private readonly backend: Backend,
    private readonly group: ResolveGroup,
  ) {}

  get name(): string {
    return this.backend.kind === 'default' ? 'iptables' : `iptables (${this.backend.kind})`;
  }

  read(): void {
    for (const family of FAMILIES) this.saved[family] = this.save(family);
  }

  private save(family: Family): SavedTable[] {
    const program = this.backend.save[family];
    if (program === undefined) return [];
    const { status, stdout, stderr } = runProgram(program, []);
    if (status === 0) return parseSave(stdout);
    // A kernel without IPv6 has no IPv6 rules.
    if (family === 'ipv6') return [];
    throw programFailure(program, stderr);
  }

  private ownTables(family: Family): SavedTable[] {
    return this.saved[family].filter(({ table, chains }) => chains.some((chain) => isOwnChain(table, chain)));
  }

  get hasOwn(): boolean {
    return FAMILIES.some((family) => this.ownTables(family).length > 0);
  }

  get hasGuard(): boolean {
    return FAMILIES.some((family) => this.ownTables(family).some(({ table }) => table === 'filter'));
  }

  get marks(): number[] {
    const rules = FAMILIES.flatMap((family) => this.ownTables(family)).flatMap((table) => ownRules(table));
    const marks = rules.flatMap(({ chain, meaning }) =>
      chain === 'ISTIO_DIVERT' && meaning?.target.kind === 'set_mark' ? [meaning.target.mark] : [],
    );
    return [...new Set(marks)];
  }

  compare(wanted: RuleSet): TableComparison[] {
    return FAMILIES.flatMap((family) => compare(family, wanted.rules[family], this.saved[family], this.group));
  }

  rulesInPlace(family: Family): Rule[] {
    return this.saved[family].flatMap(({ table, rules }) =>
      rules.flatMap(({ chain, meaning }) => (meaning === undefined ? [] : [{ ...meaning, table, chain, reason: '' }])),
    );
  }

  apply(wanted: RuleSet, changes: readonly TableComparison[]): void {
    const texts = FAMILIES.map((family) => {
      const tables = changes.filter((change) => change.family === family).map(({ table }) => table);
      return [family, this.changeText(family, tables, wanted.rules[family])] as const;
    }).filter(([, text]) => text !== '');
    for (const [family, text] of texts) this.restore(family, text, ['--test']);
    for (const [family, text] of texts) this.restore(family, text);
  }

  /** What takes our old rules out of the tables and puts the new ones in. */
  private changeText(family: Family, tables: readonly Table[], wanted: readonly Rule[]): string {
    return TABLES.filter((table) => tables.includes(table))
      .map((table) => transaction(table, [...this.removal(family, table), ...tableLines(table, wanted)]))
      .join('');
  }

  private removal(family: Family, table: Table): string[] {
    const saved = this.ownTables(family).find((each) => each.table === table);
    if (saved === undefined) return [];
    const chains = saved.chains.filter((chain) => isOwnChain(table, chain));
    const loose = ownRules(saved).filter(({ chain }) => !isOwnChain(table, chain));
    return [
      ...loose.map(({ chain, text }) => `-D ${chain} ${text}`),
      ...chains.map((chain) => `-F ${chain}`),
      ...chains.map((chain) => `-X ${chain}`),
    ];
  }

  clean(): void {
    for (const family of FAMILIES) {
      const text = this.changeText(family, TABLES, []);
      if (text === '') continue;
      this.restore(family, text);
      this.dropEmptyTables(
        family,
        this.ownTables(family).map(({ table }) => table),
      );
    }
  }

  /**
   * iptables-nft makes whole tables with their chains, and leaves them: where nft is there and nobody else has rules in them, they
   * go too. (Legacy tables stay with their modules; empty ones do nothing.)
   */
  private dropEmptyTables(family: Family, tables: readonly Table[]): void {
    const nft = this.backend.kind === 'legacy' ? undefined : findProgram('nft');
    if (nft === undefined) return;
    const now = this.save(family);
    const isEmpty = (table: Table): boolean => now.some((each) => each.table === table && each.isEmpty);
    const texts = tables.filter(isEmpty).map((table) => `delete table ${family === 'ipv4' ? 'ip' : 'ip6'} ${table}\n`);
    if (texts.length > 0) runProgram(nft, ['-f', '-'], texts.join(''));
  }

  guard(families: readonly Family[]): void {
    for (const family of families)
      this.restore(family, transaction('filter', [...this.removal(family, 'filter'), ...GUARD_RULES]));
  }

  liftGuard(): void {
    this.read();
    for (const family of FAMILIES) {
      const text = transaction('filter', this.removal(family, 'filter'));
      if (text === '') continue;
      this.restore(family, text);
      this.dropEmptyTables(family, ['filter']);
    }
  }

  private restore(family: Family, text: string, more: readonly string[] = []): void {
    const program = this.backend.restore[family];
    if (program === undefined) {
      const missing = family === 'ipv6' ? 'ip6tables-restore' : 'iptables-restore';
      throw new InterceptionError('WEFT1902', `${missing} is not installed, and there are ${family} rules to apply`);
    }
    const wait = this.backend.kind === 'nft' ? [] : [`--wait=${LOCK_WAIT}`];
    const { status, stderr } = runProgram(program, ['--noflush', ...wait, ...more], text);
    if (status !== 0) throw programFailure(program, stderr, text);
  }
}
