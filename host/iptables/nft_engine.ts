// Native nftables: everything is one transaction of `nft -f -`, so nothing is ever half there.
import type { Difference, ResolveGroup, TableComparison } from './compare.js';
import type { Engine } from './engine.js';
import { InterceptionError } from './failure.js';
import { parseNft } from './parse_nft.js';
import type { ListedTable } from './parse_nft.js';
import { programFailure, runProgram } from './programs.js';
import { nftRuleText, nftTables, NFT_TABLES, renderNftTable, tableName } from './render_nft.js';
import type { NftTable, NftTableText } from './render_nft.js';
import type { Match, Rule, RuleSet } from './rule.js';
import { FAMILIES } from './rule.js';

const GUARD = 'istio-proxy-guard';
/** Before connection tracking (-200) and everything of ours. */
const GUARD_PRIORITY = -310;

export class NftEngine implements Engine {
  readonly name = 'nft';
  private listed = new Map<string, ListedTable>();

  constructor(
    private readonly program: string,
    private readonly group: ResolveGroup,
  ) {}

  read(): void {
    const { nftables } = JSON.parse(this.run(['-j', 'list', 'tables', 'inet'])) as {
      nftables: { table?: { name: string } }[];
    };
    const there = nftables.flatMap(({ table }) => (table === undefined ? [] : [table.name]));
    const own = [...NFT_TABLES.map(tableName), GUARD].filter((name) => there.includes(name));
    const list = (name: string): ListedTable => parseNft(this.run(['-n', '-j', 'list', 'table', 'inet', name]));
    this.listed = new Map(own.map((name) => [name, list(name)]));
  }

  get hasOwn(): boolean {
    return this.listed.size > 0;
  }

  get hasGuard(): boolean {
    return this.listed.has(GUARD);
  }

  get marks(): number[] {
    const rules = this.listed.get(tableName('mangle'))?.rules ?? [];
    return rules
      .filter(({ chain }) => chain === 'istio-divert')
      .flatMap(({ expressions }) => expressions.flatMap((each) => /^meta mark set (\d+)$/.exec(each)?.[1] ?? []))
      .map(Number);
  }

  compare(wanted: RuleSet): TableComparison[] {
    const texts = nftTables(numeric(wanted, this.group));
    return NFT_TABLES.flatMap((table): TableComparison[] => {
      const text = texts.find((each) => each.table === table);
      const listed = this.listed.get(tableName(table));
      const base = { family: 'inet', table } as const;
      if (listed === undefined) return text === undefined ? [] : [{ ...base, state: 'absent', differences: [] }];
      const differences = text === undefined ? [unwanted(table)] : compareTable(text, listed);
      return [{ ...base, state: differences.length === 0 ? 'equal' : 'different', differences }];
    });
  }

  rulesInPlace(): never {
    throw new InterceptionError('WEFT1904', '--live reads rules of iptables only, and nft was asked for');
  }

  apply(wanted: RuleSet, changes: readonly TableComparison[]): void {
    const texts = nftTables(numeric(wanted, this.group));
    const parts = changes.map(({ table }) => {
      const text = texts.find((each) => each.table === table);
      return text === undefined ? `delete table inet ${tableName(table as NftTable)}\n` : renderNftTable(text);
    });
    this.change(parts.join(''));
  }

  clean(): void {
    this.change([...this.listed.keys()].map((name) => `delete table inet ${name}\n`).join(''));
    this.listed = new Map();
  }

  guard(): void {
    const chains = ['input', 'forward', 'output'].flatMap((hook) => [
      `add chain inet ${GUARD} ${hook} { type filter hook ${hook} priority ${GUARD_PRIORITY} ; policy accept ; }`,
      `add rule inet ${GUARD} ${hook} meta l4proto { tcp, udp } counter drop`,
    ]);
    const anew = [`add table inet ${GUARD}`, `delete table inet ${GUARD}`, `add table inet ${GUARD}`];
    this.change([...anew, ...chains, ''].join('\n'));
  }

  liftGuard(): void {
    this.change(`delete table inet ${GUARD}\n`);
  }

  private change(text: string): void {
    if (text !== '') this.run(['-f', '-'], text);
  }

  private run(args: readonly string[], input = ''): string {
    const { status, stdout, stderr } = runProgram(this.program, args, input);
    if (status !== 0) throw programFailure(this.program, stderr, input);
    return stdout;
  }
}

/** Groups by their numbers, as listings give them. */
function numeric(wanted: RuleSet, group: ResolveGroup): RuleSet {
  const match = (each: Match): Match => (each.kind === 'gid' ? { ...each, id: group(each.id) } : each);
  const rule = (each: Rule): Rule => ({ ...each, matches: each.matches.map(match) });
  const [ipv4, ipv6] = FAMILIES.map((family) => wanted.rules[family].map(rule));
  return { ...wanted, rules: { ipv4, ipv6 } };
}

function unwanted(table: NftTable): Difference {
  return { family: 'inet', table, kind: 'unexpected', rule: `table inet ${tableName(table)}` };
}

function compareTable({ table, chains, rules }: NftTableText, listed: ListedTable): Difference[] {
  const difference = (kind: Difference['kind'], rule: string): Difference => ({ family: 'inet', table, kind, rule });
  const chainText = (chain: { name: string; hook: string | undefined }): string =>
    `add chain inet ${tableName(table)} ${chain.name}${chain.hook === undefined ? '' : ` { ${chain.hook} ; }`}`;
  const wantedChains = chains.map(chainText);
  const listedChains = listed.chains.map(chainText);
  const found = [
    ...wantedChains.filter((each) => !listedChains.includes(each)).map((each) => difference('missing', each)),
    ...listedChains.filter((each) => !wantedChains.includes(each)).map((each) => difference('unexpected', each)),
  ];
  if (found.length > 0) return found;
  return chains.flatMap(({ name }) => {
    const wanted = rules.filter(({ chain }) => chain === name);
    const there = listed.rules.filter(({ chain }) => chain === name);
    const there2 = there.map(({ expressions }) => expressions.join(' '));
    const at = wanted.findIndex(({ expressions }, i) => expressions.join(' ') !== there2[i]);
    if (at >= 0) {
      const isMoved = there2.includes(wanted[at].expressions.join(' '));
      return [difference(isMoved ? 'out of order' : 'missing', nftRuleText(table, wanted[at]))];
    }
    return there2.slice(wanted.length).map((each) => difference('unexpected', `${name} ${each}`));
  });
}

export function nftMissing(): InterceptionError {
  return new InterceptionError('WEFT1902', 'nft is not installed, and --native-nftables needs it; nothing was changed');
}
