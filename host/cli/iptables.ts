// `weft iptables`, also called `istio-iptables`: the command line around host/iptables/. Loads nothing of the proxy.
import { applyRules, cleanRules } from '../iptables/apply.js';
import { detectPlace, programsHaveNetAdmin } from '../iptables/detect.js';
import { InterceptionError, NET_ADMIN_HINT } from '../iptables/failure.js';
import { enterNamespace } from '../iptables/namespace.js';
import { withLock } from '../iptables/lock.js';
import { checkOptions, completeOptions } from '../iptables/options.js';
import type { BadValue, Options, RunOptions } from '../iptables/options.js';
import { preview } from '../iptables/preview.js';
import { ruleSet } from '../iptables/rules.js';
import type { RuleSet } from '../iptables/rule.js';
import {
  groupId,
  groupResolver,
  hasNetAdmin,
  mayGetNetAdmin,
  podAddresses,
  surroundings,
} from '../iptables/surroundings.js';
import { chooseProbes, validate } from '../iptables/validation.js';
import { EXIT_FINDINGS, EXIT_OK, EXIT_USAGE, EXIT_VALIDATION } from './exit_code.js';
import { parseArguments } from './iptables_arguments.js';
import type { IptablesArguments } from './iptables_arguments.js';
import { traceConnection } from './iptables_trace.js';
import { paintFor } from './output.js';
import type { Terminal } from './output.js';

/** Runs the command; its exit code. Throws what commander finds wrong. */
export async function runIptables(argv: readonly string[], terminal: Terminal): Promise<number> {
  const args = parseArguments(argv, (text) => void terminal.stdout.write(text));
  const checked = checkOptions(args.given, terminal.env);
  if (!('given' in checked)) return refuseValues(checked, terminal);
  const { run, given } = checked;
  try {
    const isOffline = run.dryRun || args.explains || (args.trace !== undefined && !args.isLive);
    if (run.networkNamespace !== undefined && !isOffline) await enterNamespace(run.networkNamespace);
    return await act(completeOptions(given, surroundings()), run, args, terminal);
  } catch (error) {
    if (error instanceof InterceptionError) return fail(error, terminal);
    throw error;
  }
}

// === what it does ===

async function act(options: Options, run: RunOptions, args: IptablesArguments, terminal: Terminal): Promise<number> {
  const wanted = ruleSet(options);
  const say = (text: string): void => void terminal.stdout.write(text);
  if (args.trace !== undefined) say(await traceConnection(args, wanted, run));
  else if (run.dryRun || args.explains) say(preview(wanted, { native: run.nativeNftables, explains: args.explains }));
  else {
    if (!run.skipRuleApply) say(`${await change(options, wanted, run)}\n`);
    if (run.runValidation && !run.cleanupOnly) say(`${await prove(options, wanted, run)}\n`);
  }
  return EXIT_OK;
}

async function change(options: Options, wanted: RuleSet, run: RunOptions): Promise<string> {
  if (!hasNetAdmin() && !(mayGetNetAdmin() && programsHaveNetAdmin())) {
    const sentence = `this process may not change packet-filter rules: ${NET_ADMIN_HINT}; nothing was changed`;
    throw new InterceptionError('WEFT1901', sentence);
  }
  checkGroups(options);
  return withLock(async () => {
    const place = detectPlace(run, groupResolver());
    const { message } = run.cleanupOnly ? await cleanRules(wanted, place) : await applyRules(wanted, place, run);
    return message;
  });
}

/** The programs look names up themselves, and would fail in the middle. */
function checkGroups({ ownerGroups, ownerGroupsExclude }: Options): void {
  const groups = ownerGroups === '*' ? ownerGroupsExclude : ownerGroups;
  const unknown = groups.find((name) => groupId(name) === undefined);
  if (unknown === undefined) return;
  const sentence = `there is no group ${unknown} in /etc/group here; give its number; nothing was changed`;
  throw new InterceptionError('WEFT1904', sentence);
}

async function prove(options: Options, wanted: RuleSet, run: RunOptions): Promise<string> {
  const prober = { uid: String(process.getuid!()), gid: String(process.getgid!()), addresses: podAddresses() };
  const probe = await validate(chooseProbes(wanted, options, prober, run.probePort), run.probeTimeoutMs);
  if (probe === undefined) return `nothing that user ${prober.uid} sends is to be redirected: nothing to prove`;
  return `the redirect works: a connection to ${probe.address} arrived at port ${probe.arrivesAt}`;
}

// === what is wrong ===

const MAX_SHOWN = 80;

/** Values are shown as JSON, so that what is hostile in them cannot act on a terminal. */
function shown(value: string): string {
  const text = JSON.stringify(value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN)}…` : value);
  return text.replace(/[\u007f-\u009f\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Says of each refused value what is allowed; the exit code. */
export function refuseValues(bad: readonly BadValue[], terminal: Terminal): number {
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
  return code === 'WEFT1905' ? EXIT_VALIDATION : EXIT_FINDINGS;
}
