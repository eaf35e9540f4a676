// The right to change rules, the programs that do, and the rules themselves.
import { detectPlace, programsHaveNetAdmin } from '../iptables/detect.js';
import { InterceptionError, NET_ADMIN_HINT } from '../iptables/failure.js';
import type { Options, RunOptions } from '../iptables/options.js';
import { ruleSet } from '../iptables/rules.js';
import { groupResolver, hasNetAdmin, mayGetNetAdmin } from '../iptables/surroundings.js';
import { failed, info, ok, warning } from './check.js';
import type { CheckResult } from './check.js';

export interface RuleQuestion {
  readonly options: Options;
  readonly run: RunOptions;
  /** Whether options were given: else any rules of ours will do. */
  readonly isSpecific: boolean;
  /** Before the rules are made. */
  readonly isBefore: boolean;
}

export function ruleChecks(question: RuleQuestion): CheckResult[] {
  const right = rightCheck(question.isBefore);
  return right.status === 'ok' ? [right, ...placeChecks(question)] : [right];
}

function rightCheck(isBefore: boolean): CheckResult {
  if (hasNetAdmin()) return ok('rights', 'NET_ADMIN');
  if (mayGetNetAdmin() && programsHaveNetAdmin()) return ok('rights', 'NET_ADMIN by the programs’ files');
  if (isBefore) return failed('rights', 'no NET_ADMIN', NET_ADMIN_HINT);
  return info('rights', 'no NET_ADMIN: rules cannot be looked at from here');
}

function placeChecks({ options, run, isSpecific, isBefore }: RuleQuestion): CheckResult[] {
  try {
    const { engine, others } = detectPlace(run, groupResolver());
    const program = ok('rule programs', engine.name);
    if (isBefore) return [program];
    const holders = [engine, ...others].filter(({ hasOwn }) => hasOwn);
    if (holders.some(({ hasGuard }) => hasGuard)) {
      const hint = 'a replacement was killed or failed: run `weft iptables` again, or with --cleanup-only';
      return [program, failed('rules', 'everything is dropped', hint)];
    }
    if (holders.length > 1) {
      const names = holders.map(({ name }) => name).join(' and ');
      return [program, failed('rules', `made twice, by ${names}`, '`weft iptables --reconcile` leaves one')];
    }
    if (holders.length === 0) {
      const hint = 'nothing is captured: `weft iptables` makes rules; with a CNI plugin, delete the Pod';
      const says = 'none are in place';
      return [program, isSpecific ? failed('rules', says, hint) : warning('rules', says, hint)];
    }
    return [program, isSpecific ? sameCheck(options, holders[0]) : ok('rules', `in place, by ${holders[0].name}`)];
  } catch (error) {
    if (!(error instanceof InterceptionError)) throw error;
    return [failed('rule programs', error.message, `\`weft help ${error.code}\``)];
  }
}

function sameCheck(options: Options, engine: ReturnType<typeof detectPlace>['engine']): CheckResult {
  const comparisons = engine.compare(ruleSet(options));
  const different = comparisons.find(({ state }) => state !== 'equal');
  if (different === undefined) return ok('rules', `as the options say, by ${engine.name}`);
  const [first] = different.differences;
  const says = first === undefined ? `table ${different.table} has none` : `${first.kind}: ${first.rule}`;
  return failed('rules', says, 'other options made them, or somebody changed them: `weft iptables --reconcile`');
}
