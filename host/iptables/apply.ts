// Puts rules in place: reads what is there, compares, guards, applies, cleans.
import type { Difference, TableComparison } from './compare.js';
import type { Engine } from './engine.js';
import { InterceptionError } from './failure.js';
import type { RunOptions } from './options.js';
import { ensureRouting, removeRouting } from './routing.js';
import { FAMILIES } from './rule.js';
import type { Family, RuleSet } from './rule.js';

export interface Outcome {
  readonly changed: boolean;
  readonly message: string;
}

/** Engines that have been read. `others` hold rules of ours perhaps, from a run with another kind of tables. */
export interface Place {
  readonly engine: Engine;
  readonly others: readonly Engine[];
}

const MAX_DIFFERENCES = 12;

export async function applyRules(wanted: RuleSet, place: Place, run: RunOptions): Promise<Outcome> {
  const { engine, others } = place;
  const strangers = others.filter((each) => each.hasOwn);
  const comparisons = engine.compare(wanted);
  const isEqual = comparisons.every(({ state }) => state === 'equal') && strangers.length === 0;
  if (isEqual && !run.forceApply) {
    const isMended = engine.hasGuard;
    if (isMended) engine.liftGuard();
    const isRouted = await ensureRouting(wanted);
    return { changed: isMended || isRouted, message: 'the rules are in place already' };
  }
  const replaces = comparisons.some(({ state }) => state === 'different') || strangers.length > 0;
  if (replaces && !run.reconcile && !run.forceApply) throw differenceError(comparisons, strangers);
  if (replaces || run.forceApply) {
    const changes = run.forceApply ? comparisons : comparisons.filter(({ state }) => state !== 'equal');
    await replace(wanted, place, changes, strangers);
  } else await complete(wanted, engine, comparisons);
  return { changed: true, message: `${count(wanted)} rules are in place, by ${engine.name}` };
}

/** Nothing of what is wanted is there, or whole tables of it are: what a first run that was killed has left. */
async function complete(wanted: RuleSet, engine: Engine, comparisons: readonly TableComparison[]): Promise<void> {
  const missing = comparisons.filter(({ state }) => state === 'absent');
  const isFirst = comparisons.every(({ state }) => state === 'absent');
  try {
    await ensureRouting(wanted);
    engine.apply(wanted, missing);
    if (engine.hasGuard) engine.liftGuard();
  } catch (error) {
    if (isFirst) await undo(wanted, engine);
    throw error;
  }
}

/** Nothing half applied: a first run that fails leaves the network as it was. */
async function undo({ routes }: RuleSet, engine: Engine): Promise<void> {
  try {
    engine.read();
    engine.clean();
    await removeRouting(
      routes.map(({ mark }) => mark),
      false,
    );
  } catch {
    // The first failure is the one to tell of.
  }
}

/**
 * Old rules against new ones: nothing passes while tables change one after the other. Where it fails the guard stays, so that
 * nothing escapes either; the next run lifts it.
 */
async function replace(
  wanted: RuleSet,
  { engine }: Place,
  changes: readonly TableComparison[],
  strangers: readonly Engine[],
): Promise<void> {
  const oldMarks = [engine, ...strangers].flatMap(({ marks }) => marks);
  const newMarks = wanted.routes.map(({ mark }) => mark);
  engine.guard(FAMILIES.filter((family) => isTouched(family, wanted, changes) || strangers.length > 0));
  try {
    for (const each of strangers) each.clean();
    await removeRouting(
      oldMarks.filter((mark) => !newMarks.includes(mark)),
      wanted.hasIpv6Source,
    );
    await ensureRouting(wanted);
    engine.apply(wanted, changes);
  } catch (error) {
    throw error instanceof InterceptionError ? guarded(error) : error;
  }
  engine.liftGuard();
}

function guarded({ code, message, details }: InterceptionError): InterceptionError {
  const line =
    'TCP and UDP stay dropped, so that nothing passes the proxy, until a run succeeds or --cleanup-only lifts it';
  return new InterceptionError(code, message, [...details, line]);
}

function isTouched(family: Family, wanted: RuleSet, comparisons: readonly TableComparison[]): boolean {
  return (
    wanted.rules[family].length > 0 || comparisons.some((each) => each.family === family || each.family === 'inet')
  );
}

export async function cleanRules({ routes }: RuleSet, { engine, others }: Place): Promise<Outcome> {
  const all = [engine, ...others];
  const owners = all.filter((each) => each.hasOwn);
  const marks = [...owners.flatMap((each) => each.marks), ...routes.map(({ mark }) => mark)];
  // The marks are known from the rules only, so the rules go last.
  const isRouted = await removeRouting(marks, false);
  for (const each of owners) each.clean();
  const changed = owners.length > 0 || isRouted;
  return { changed, message: changed ? 'all rules are removed' : 'there were no rules to remove' };
}

function count({ rules }: RuleSet): number {
  return rules.ipv4.length + rules.ipv6.length;
}

function differenceError(comparisons: readonly TableComparison[], strangers: readonly Engine[]): InterceptionError {
  const differences = comparisons.flatMap(({ state, differences, family, table }): readonly Difference[] =>
    state === 'absent' ? [{ family, table, kind: 'missing', rule: 'all rules' }] : differences,
  );
  const lines = differences.map(({ family, table, kind, rule }) => `${kind} (${family}, ${table}): ${rule}`);
  const shown = lines.slice(0, MAX_DIFFERENCES);
  const more = lines.length - shown.length;
  return new InterceptionError(
    'WEFT1903',
    'other rules are in place than these options ask for; --reconcile replaces them, --cleanup-only removes them',
    [
      ...strangers.map(({ name }) => `unexpected: rules made by ${name}`),
      ...shown,
      ...(more > 0 ? [`and ${more} more`] : []),
    ],
  );
}
