// What would be done, as text: `--dry-run`, and `--explain` with the reason above each rule.
import { nftRuleText, renderNft } from './render_nft.js';
import { renderRestore, ruleText } from './render_iptables.js';
import { FAMILIES } from './rule.js';
import type { RuleSet } from './rule.js';

const PROGRAMS = { ipv4: 'iptables-restore --noflush', ipv6: 'ip6tables-restore --noflush' };

export interface PreviewOptions {
  readonly native: boolean;
  readonly explains: boolean;
}

export function preview(wanted: RuleSet, options: PreviewOptions): string {
  const routing = previewRouting(wanted);
  const commented = routing === '' ? '' : routing.replace(/^(?=.)/gm, '# ');
  return (options.native ? previewNft(wanted, options) : previewIptables(wanted, options)) + commented;
}

function explained(reason: string, text: string): string {
  return `# ${reason}\n${text}`;
}

function previewNft(wanted: RuleSet, { explains }: PreviewOptions): string {
  const text = renderNft(wanted, (table, rule) => {
    const line = nftRuleText(table, rule);
    return explains ? explained(rule.rule.reason, line) : line;
  });
  return `# nft -f -\n${text}`;
}

function previewIptables({ rules }: RuleSet, { explains }: PreviewOptions): string {
  return FAMILIES.filter((family) => rules[family].length > 0)
    .map((family) => {
      const text = renderRestore(rules[family], (rule) =>
        explains ? explained(rule.reason, ruleText(rule)) : ruleText(rule),
      );
      return `# ${PROGRAMS[family]}\n${text}`;
    })
    .join('');
}

/** As commands of iproute2, though the kernel is asked itself. '' where nothing is needed. */
export function previewRouting({ routes, hasIpv6Source }: RuleSet): string {
  const lines = routes.flatMap(({ family, mark, table }) => {
    const ip = family === 'ipv4' ? 'ip' : 'ip -6';
    return [`${ip} rule add fwmark ${mark} lookup ${table}`, `${ip} route add local default dev lo table ${table}`];
  });
  if (hasIpv6Source) lines.push('ip -6 addr add ::6/128 dev lo');
  return lines.map((line) => `${line}\n`).join('');
}
