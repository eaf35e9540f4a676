// What has changed between two states of a resource, as lines that a person reads.
import { editScript } from '../injector/text_diff.js';

export interface DiffLine {
  readonly sign: '+' | '-' | '~';
  /** `virtual_hosts["shop"].routes[1].route.cluster`: items with names go by these. */
  readonly path: string;
  /** The value that came or went; `before → after` of one that changed. */
  readonly text: string;
}

type Json = unknown;
type JsonObject = Readonly<Record<string, Json>>;

export function jsonDiff(before: Json, after: Json): DiffLine[] {
  const lines: DiffLine[] = [];
  compare(before, after, '', lines);
  return lines.map(({ sign, path, text }) => ({ sign, path: shortened(path), text }));
}

/** Routes lie deep in a listener: where they are is said from there. */
function shortened(path: string): string {
  return path.replace(/^.*\.(?=route_config\b)/, '');
}

function compare(before: Json, after: Json, path: string, lines: DiffLine[]): void {
  if (isObject(before) && isObject(after)) compareObjects(before, after, path, lines);
  else if (Array.isArray(before) && Array.isArray(after)) compareLists(before, after, path, lines);
  else if (!isSame(before, after)) lines.push({ sign: '~', path, text: `${flow(before)} → ${flow(after)}` });
}

function compareObjects(before: JsonObject, after: JsonObject, path: string, lines: DiffLine[]): void {
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const here = path === '' ? key : `${path}.${key}`;
    if (!Object.hasOwn(after, key)) lines.push({ sign: '-', path: here, text: flow(before[key]) });
    else if (!Object.hasOwn(before, key)) lines.push({ sign: '+', path: here, text: flow(after[key]) });
    else compare(before[key], after[key], here, lines);
  }
}

function compareLists(before: readonly Json[], after: readonly Json[], path: string, lines: DiffLine[]): void {
  const [old, now] = [namesOf(before), namesOf(after)];
  if (old && now) return compareNamed(old, now, path, lines);
  const removed: [number, Json][] = [];
  const added: [number, Json][] = [];
  // As many came at one place as went: those are items that changed.
  const leave = (): void => {
    if (removed.length === added.length) {
      for (const [i, [, item]] of removed.entries()) compare(item, added[i][1], `${path}[${added[i][0]}]`, lines);
    } else {
      for (const [i, item] of removed) lines.push({ sign: '-', path: `${path}[${i}]`, text: flow(item) });
      for (const [i, item] of added) lines.push({ sign: '+', path: `${path}[${i}]`, text: flow(item) });
    }
    removed.length = 0;
    added.length = 0;
  };
  let [from, to] = [0, 0];
  for (const { kind } of editScript(before.map(text), after.map(text))) {
    if (kind === '-') removed.push([from, before[from++]]);
    else if (kind === '+') added.push([to, after[to++]]);
    else {
      leave();
      from++;
      to++;
    }
  }
  leave();
}

function compareNamed(
  before: ReadonlyMap<string, Json>,
  after: ReadonlyMap<string, Json>,
  path: string,
  lines: DiffLine[],
): void {
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const here = `${path}[${JSON.stringify(name)}]`;
    if (!after.has(name)) lines.push({ sign: '-', path: here, text: flow(before.get(name)) });
    else if (!before.has(name)) lines.push({ sign: '+', path: here, text: flow(after.get(name)) });
    else compare(before.get(name), after.get(name), here, lines);
  }
  const kept = (one: ReadonlyMap<string, Json>, other: ReadonlyMap<string, Json>): string[] =>
    [...one.keys()].filter((name) => other.has(name));
  const [old, now] = [kept(before, after), kept(after, before)];
  if (!isSame(old, now)) lines.push({ sign: '~', path, text: `the order is now ${now.join(', ')}` });
}

/** Undefined where not every item has a name of its own. */
function namesOf(list: readonly Json[]): Map<string, Json> | undefined {
  const named = new Map<string, Json>();
  for (const item of list) {
    const name = isObject(item) ? item['name'] : undefined;
    if (typeof name !== 'string' || named.has(name)) return undefined;
    named.set(name, item);
  }
  return named;
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: Json): string {
  return JSON.stringify(value) ?? 'null';
}

function isSame(a: Json, b: Json): boolean {
  return text(a) === text(b);
}

const MAX_FLOW = 160;
const PLAIN = /^[A-Za-z_/.][\w/.:-]*$/;

/** As a person would write it in YAML, on one line. */
function flow(value: Json): string {
  const written = inFlow(value);
  return written.length <= MAX_FLOW ? written : `${written.slice(0, MAX_FLOW)}…`;
}

function inFlow(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(inFlow).join(', ')}]`;
  if (!isObject(value)) return typeof value === 'string' && PLAIN.test(value) ? value : text(value);
  const entries = Object.entries(value).map(([key, each]) => `${key}: ${inFlow(each)}`);
  return `{ ${entries.join(', ')} }`;
}
