// Rules → the text that iptables-restore and ip6tables-restore take on standard input.
import { chainsOf, isOwnChain, TABLES } from './rule.js';
import type { Match, Rule, Table, Target } from './rule.js';

const not = (match: { not?: boolean }): string => (match.not === true ? '! ' : '');

export function matchText(match: Match): string {
  switch (match.kind) {
    case 'in':
      return `-i ${match.interface}`;
    case 'out':
      return `-o ${match.interface}`;
    case 'source':
      return `${not(match)}-s ${match.cidr}`;
    case 'destination':
      return `${not(match)}-d ${match.cidr}`;
    case 'protocol':
      return `-p ${match.protocol}`;
    case 'destination_port':
      return `${not(match)}--dport ${match.port}`;
    case 'source_port':
      return `${not(match)}--sport ${match.port}`;
    case 'destination_ports':
      return `-m multiport ${not(match)}--dports ${match.ports.join(',')}`;
    case 'uid':
      return `-m owner ${not(match)}--uid-owner ${match.id}`;
    case 'gid':
      return `-m owner ${not(match)}--gid-owner ${match.id}`;
    case 'mark':
      return `-m mark ${not(match)}--mark ${match.mark}`;
    case 'connection_mark':
      return `-m connmark ${not(match)}--mark ${match.mark}`;
    case 'state':
      return `-m conntrack --ctstate ${match.states.join(',')}`;
  }
}

export function targetText(target: Target): string {
  switch (target.kind) {
    case 'jump':
      return target.chain;
    case 'redirect':
      return `REDIRECT --to-ports ${target.port}`;
    case 'tproxy':
      return `TPROXY --tproxy-mark ${target.mark}/0xffffffff --on-port ${target.port}`;
    case 'set_mark':
      return `MARK --set-mark ${target.mark}`;
    case 'save_mark':
      return 'CONNMARK --save-mark';
    case 'restore_mark':
      return 'CONNMARK --restore-mark';
    case 'zone':
      return `CT --zone ${target.zone}`;
    default:
      return target.kind.toUpperCase();
  }
}

/** `-p tcp --dport 15008 -j RETURN`. */
export function specification({ matches, target }: Pick<Rule, 'matches' | 'target'>): string {
  return [...matches.map(matchText), `-j ${targetText(target)}`].join(' ');
}

export function ruleText(rule: Rule): string {
  const where = rule.position === undefined ? `-A ${rule.chain}` : `-I ${rule.chain} ${rule.position}`;
  return `${where} ${specification(rule)}`;
}

/** One restore: each table is one transaction. '' where there are no rules. */
export function renderRestore(rules: readonly Rule[], line: (rule: Rule) => string = ruleText): string {
  const tables = TABLES.filter((table) => rules.some((rule) => rule.table === table));
  return tables.map((table) => transaction(table, tableLines(table, rules, line))).join('');
}

/** What makes our chains of a table, and its rules. */
export function tableLines(table: Table, all: readonly Rule[], line: (rule: Rule) => string = ruleText): string[] {
  const rules = all.filter((rule) => rule.table === table);
  const chains = chainsOf(rules).filter((chain) => isOwnChain(table, chain));
  return [...chains.map((chain) => `-N ${chain}`), ...rules.map(line)];
}

/** All that is done to a table, at once; '' where nothing is. */
export function transaction(table: Table, lines: readonly string[]): string {
  return lines.length === 0 ? '' : [`* ${table}`, ...lines, 'COMMIT', ''].join('\n');
}
