// `weft iptables`, also called `istio-iptables`: the command line around host/iptables/. Loads nothing of the proxy.
import { applyRules, cleanRules } from '../iptables/apply.js';
import type { Place } from '../iptables/apply.js';
import { detectPlace } from '../iptables/detect.js';
import { InterceptionError, NET_ADMIN_HINT } from '../iptables/failure.js';
import { checkOptions } from '../iptables/options.js';
import type { BadValue, CheckedOptions, Options, RunOptions } from '../iptables/options.js';
import { renderRestore, ruleText } from '../iptables/render_iptables.js';
import { ruleSet } from '../iptables/rules.js';
import type { Rule, RuleSet } from '../iptables/rule.js';
import { FAMILIES } from '../iptables/rule.js';
import { groupId, hasNetAdmin, surroundings } from '../iptables/surroundings.js';
import { EXIT_FINDINGS, EXIT_OK, EXIT_USAGE } from './exit_code.js';
import { parseArguments } from './iptables_arguments.js';
import { paintFor } from './output.js';
import type { Terminal } from './output.js';

/** Runs the command; its exit code. Throws what commander finds wrong. */
export async function runIptables(argv: readonly string[], terminal: Terminal): Promise<number> {
  const { given, explains } = parseArguments(argv, (text) => void terminal.stdout.write(text));
  const checked = checkOptions(given, terminal.env, surroundings);
  if (!('options' in checked)) return refuse(checked, terminal);
  try {
    return await run(checked, explains, terminal);
  } catch (error) {
    if (error instanceof InterceptionError) return fail(error, terminal);
    throw error;
  }
}

// === what is wrong ===

const MAX_SHOWN = 80;

/** Values are shown as JSON, so that what is hostile in them cannot act on a terminal. */
function shown(value: string): string {
  const text = JSON.stringify(value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN)}…` : value);
  return text.replace(/[\u007f-\u009f\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function refuse(bad: readonly BadValue[], terminal: Terminal): number {
  const label = paintFor(terminal, 'stderr', 'auto')('error', 'error[WEFT1602]');
  for (const { name, value, allowed } of bad)
    terminal.stderr.write(`${label}: ${name} does not take ${shown(value)}; it takes ${allowed}\n`);
  terminal.stderr.write('See `weft help iptables`.\n');
  return EXIT_USAGE;
}

function fail({ code, message, details }: InterceptionError, terminal: Terminal): number {
  const label = paintFor(terminal, 'stderr', 'auto')('error', `error[${code}]`);
  const lines = [`${label}: ${message}`, ...details.map((line) => `  ${line}`), `See \`weft help ${code}\`.`];
  terminal.stderr.write(`${lines.join('\n')}\n`);
  return EXIT_FINDINGS;
}

// === what it does ===

async function run({ options, run }: CheckedOptions, explains: boolean, terminal: Terminal): Promise<number> {
  const wanted = ruleSet(options);
  if (run.dryRun || explains) {
    terminal.stdout.write(preview(wanted, explains));
    return EXIT_OK;
  }
  if (!run.skipRuleApply) await change(options, wanted, run, terminal);
  return EXIT_OK;
}

async function change(options: Options, wanted: RuleSet, run: RunOptions, terminal: Terminal): Promise<void> {
  if (!hasNetAdmin())
    throw new InterceptionError(
      'WEFT1901',
      `this process may not change packet-filter rules: ${NET_ADMIN_HINT}; nothing was changed`,
    );
  if (run.nativeNftables || run.networkNamespace !== undefined || run.runValidation)
    throw new InterceptionError(
      'WEFT1904',
      'this version has no native nftables, network namespaces and validation yet',
    );
  checkGroups(options);
  const place: Place = detectPlace(run, (name) => groupId(name) ?? name);
  const { message } = run.cleanupOnly ? await cleanRules(wanted, place) : await applyRules(wanted, place, run);
  terminal.stdout.write(`${message}\n`);
}

/** The programs look names up themselves, and would fail in the middle. */
function checkGroups({ ownerGroups, ownerGroupsExclude }: Options): void {
  const groups = ownerGroups === '*' ? ownerGroupsExclude : ownerGroups;
  const unknown = groups.find((name) => groupId(name) === undefined);
  if (unknown !== undefined)
    throw new InterceptionError(
      'WEFT1904',
      `there is no group ${unknown} in /etc/group here; give its number; nothing was changed`,
    );
}

const PROGRAMS = { ipv4: 'iptables-restore --noflush', ipv6: 'ip6tables-restore --noflush' };

function preview({ rules, routes, hasIpv6Source }: RuleSet, explains: boolean): string {
  const line = explains ? explained : ruleText;
  const texts = FAMILIES.filter((family) => rules[family].length > 0).map(
    (family) => `# ${PROGRAMS[family]}\n${renderRestore(rules[family], line)}`,
  );
  const more = routes.flatMap(({ family, mark, table }) => {
    const ip = family === 'ipv4' ? 'ip' : 'ip -6';
    return [`# ${ip} rule add fwmark ${mark} lookup ${table}`, `# ${ip} route add local default dev lo table ${table}`];
  });
  if (hasIpv6Source) more.push('# ip -6 addr add ::6/128 dev lo');
  return [...texts, ...more.map((text) => `${text}\n`)].join('');
}

function explained(rule: Rule): string {
  return `# ${rule.reason}\n${ruleText(rule)}`;
}
