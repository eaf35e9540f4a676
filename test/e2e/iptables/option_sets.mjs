// Applies sets of options one after the other in the network namespace it is started in: `node option_sets.mjs KIND`, options as
// JSON lines on standard input, a JSON line of findings each on standard output. Of dist/host, as users run it.
import { readFileSync } from 'node:fs';
import { applyRules, cleanRules } from '../../../dist/host/iptables/apply.js';
import { detectPlace } from '../../../dist/host/iptables/detect.js';
import { runProgram } from '../../../dist/host/iptables/programs.js';
import { ruleSet } from '../../../dist/host/iptables/rules.js';

const [kind] = process.argv.slice(2);
const run = {
  forceBinary: kind === 'native' ? undefined : kind,
  nativeNftables: kind === 'native',
  reconcile: false,
  forceApply: false,
  cleanupOnly: false,
};

const SAVES = {
  nft: [['iptables-nft-save'], ['ip6tables-nft-save']],
  legacy: [['iptables-legacy-save'], ['ip6tables-legacy-save']],
  native: [['nft', '-s', 'list', 'ruleset']],
}[kind];

/** Rules and routing, without counters and times; legacy tables that hold nothing are as good as none. */
function state() {
  const texts = [...SAVES, ['ip', 'rule'], ['ip', '-6', 'rule'], ['ip', '-6', 'addr', 'show', 'dev', 'lo']].map(
    ([program, ...args]) => runProgram(`/usr/bin/env`, [program, ...args]).stdout,
  );
  const lines = texts
    .join('')
    .replace(/\[\d+:\d+\]/g, '')
    .split('\n');
  return lines.filter(
    (line) => !/^#|^$|valid_lft/.test(line) && (kind !== 'legacy' || !/^\*|^COMMIT|^:[A-Z]+ ACCEPT/.test(line)),
  );
}

const group = (name) => name;
const before = state().join('\n');
for (const line of readFileSync(0, 'utf8').trim().split('\n')) {
  const { file, options, repeats } = JSON.parse(line);
  const wanted = ruleSet(options);
  const place = () => detectPlace(run, group);
  try {
    const first = await applyRules(wanted, place(), run);
    const applied = state().join('\n');
    let changes = 0;
    for (let i = 0; i < repeats; i++) changes += (await applyRules(wanted, place(), run)).changed ? 1 : 0;
    const repeated = state().join('\n') === applied;
    const forced = await applyRules(wanted, place(), { ...run, forceApply: true });
    const rewritten = forced.changed && state().join('\n') === applied;
    await cleanRules(ruleSet({ ...options, mode: 'REDIRECT' }), place());
    const after = state().join('\n');
    const trace = after === before ? '' : after;
    const findings = { file, first: first.changed, changes, repeated, rewritten, trace };
    process.stdout.write(`${JSON.stringify(findings)}\n`);
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ file, error: `${error.message} ${(error.details ?? []).join(' ')}` })}\n`);
  }
}
