// The API's own constraints, `validate.rules` (protoc-gen-validate), of one value. Pure: a value and its rules in, violations out.
import { isIP, isIPv4, isIPv6 } from 'node:net';
import type { FindingCode } from './error_codes.js';

/** The rules of one field as proto/generated/ has them: `{ string: { min_len: 1 } }`. */
export type FieldRules = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
export type RuleSet = Readonly<Record<string, unknown>>;

export interface Violation {
  readonly code: FindingCode;
  readonly message: string;
  readonly allowed?: string;
}

interface Seconds {
  readonly seconds?: number;
  readonly nanos?: number;
}

const NUMERIC = new Set(
  'float double int32 int64 uint32 uint64 sint32 sint64 fixed32 fixed64 sfixed32 sfixed64'.split(' '),
);

/** The violations of a scalar, enum or time value by the rule set of its kind (`string`, `uint32`, `duration`, …). */
export function checkScalar(kind: string, rules: RuleSet, value: unknown): Violation[] {
  if (rules.ignore_empty === true && isEmpty(value)) return [];
  if (NUMERIC.has(kind)) return checkNumber(rules, value as number);
  if (kind === 'string') return checkString(rules, value as string);
  if (kind === 'bytes') return checkBytes(rules, value as Uint8Array);
  if (kind === 'bool') return checkConst(rules, value);
  if (kind === 'duration' || kind === 'timestamp') return checkTime(kind, rules, value as Seconds);
  return kind === 'enum' ? checkEnumSet(rules, value as number) : [];
}

function isEmpty(value: unknown): boolean {
  return value === 0 || value === '' || value === false || (value instanceof Uint8Array && value.length === 0);
}

function checkConst(rules: RuleSet, value: unknown): Violation[] {
  if (rules.const === undefined || rules.const === value) return [];
  return [{ code: 'WEFT1205', message: 'only one value is allowed', allowed: String(rules.const) }];
}

function checkNumber(rules: RuleSet, value: number): Violation[] {
  const range = outside(rules, value, (bound) => Number(bound), String);
  return [...checkConst(rules, value), ...range, ...checkSet(rules, value)];
}

/** The range of numbers and times. When `gt` lies above `lt`, the values between them are the forbidden ones. */
function outside(
  rules: RuleSet,
  value: number,
  scale: (bound: unknown) => number,
  show: (bound: number) => string,
): Violation[] {
  const bound = (name: string): number | undefined => (rules[name] === undefined ? undefined : scale(rules[name]));
  const [gt, gte, lt, lte] = [bound('gt'), bound('gte'), bound('lt'), bound('lte')];
  if (gt === undefined && gte === undefined && lt === undefined && lte === undefined) return [];
  const isAbove = (gt === undefined || value > gt) && (gte === undefined || value >= gte);
  const isBelow = (lt === undefined || value < lt) && (lte === undefined || value <= lte);
  const isExclusive = (gt ?? gte ?? -Infinity) > (lt ?? lte ?? Infinity);
  if (isExclusive ? isAbove || isBelow : isAbove && isBelow) return [];
  const low = gt === undefined ? (gte === undefined ? [] : [`>= ${show(gte)}`]) : [`> ${show(gt)}`];
  const high = lt === undefined ? (lte === undefined ? [] : [`<= ${show(lte)}`]) : [`< ${show(lt)}`];
  const allowed = [...low, ...high].join(isExclusive ? ' or ' : ' and ');
  return [{ code: 'WEFT1202', message: 'the value is outside its range', allowed }];
}

function checkSet(rules: RuleSet, value: unknown, show: (value: unknown) => string = String): Violation[] {
  const allowed = rules.in as unknown[] | undefined;
  const forbidden = rules.not_in as unknown[] | undefined;
  if (allowed !== undefined && !allowed.includes(value)) {
    return [
      { code: 'WEFT1205', message: 'the value is not allowed', allowed: `one of ${allowed.map(show).join(', ')}` },
    ];
  }
  if (forbidden?.includes(value) === true) {
    return [
      { code: 'WEFT1205', message: 'the value is not allowed', allowed: `not ${forbidden.map(show).join(', ')}` },
    ];
  }
  return [];
}

function checkEnumSet(rules: RuleSet, value: number): Violation[] {
  return [...checkConst(rules, value), ...checkSet(rules, value)];
}

function secondsOf(time: Seconds): number {
  return (time.seconds ?? 0) + (time.nanos ?? 0) / 1e9;
}

function showSeconds(seconds: number): string {
  return `${Number(seconds.toFixed(9))}s`;
}

function checkTime(kind: string, rules: RuleSet, value: Seconds): Violation[] {
  const seconds = secondsOf(value);
  const found = outside(rules, seconds, (bound) => secondsOf(bound as Seconds), showSeconds);
  if (rules.const !== undefined && secondsOf(rules.const as Seconds) !== seconds) {
    found.push({
      code: 'WEFT1205',
      message: 'only one value is allowed',
      allowed: showSeconds(secondsOf(rules.const as Seconds)),
    });
  }
  const sets = { in: timesOf(rules.in), not_in: timesOf(rules.not_in) };
  found.push(...checkSet(sets, seconds, (bound) => showSeconds(bound as number)));
  return kind === 'timestamp' ? [...found, ...checkNow(rules, seconds)] : found;
}

function timesOf(times: unknown): number[] | undefined {
  return (times as Seconds[] | undefined)?.map(secondsOf);
}

function checkNow(rules: RuleSet, seconds: number): Violation[] {
  const now = Date.now() / 1000;
  const within = rules.within === undefined ? undefined : secondsOf(rules.within as Seconds);
  const isWrong =
    (rules.lt_now === true && seconds >= now) ||
    (rules.gt_now === true && seconds <= now) ||
    (within !== undefined && Math.abs(seconds - now) > within);
  return isWrong ? [{ code: 'WEFT1202', message: 'the time is outside its range around now' }] : [];
}

// === texts ===

type Length = [rule: string, isBytes: boolean, fits: (length: number, limit: number) => boolean, allowed: string];
const LENGTHS: readonly Length[] = [
  ['len', false, (n, limit) => n === limit, 'exactly # '],
  ['min_len', false, (n, limit) => n >= limit, 'at least # '],
  ['max_len', false, (n, limit) => n <= limit, 'at most # '],
  ['len_bytes', true, (n, limit) => n === limit, 'exactly # '],
  ['min_bytes', true, (n, limit) => n >= limit, 'at least # '],
  ['max_bytes', true, (n, limit) => n <= limit, 'at most # '],
];

/** Lengths in characters (or what `unit` says) and in bytes. */
function checkLengths(rules: RuleSet, characters: () => number, bytes: () => number, unit: string): Violation[] {
  const found: Violation[] = [];
  for (const [rule, isBytes, fits, allowed] of LENGTHS) {
    const limit = rules[rule];
    if (limit === undefined) continue;
    const length = isBytes ? bytes() : characters();
    if (fits(length, Number(limit))) continue;
    const message = length === 0 ? 'the value may not be empty' : 'the value has the wrong length';
    const text = allowed.replace('#', String(limit)) + (isBytes ? 'bytes' : unit);
    found.push({ code: 'WEFT1203', message, allowed: Number(limit) === 1 ? text.replace(/s$/, '') : text });
  }
  return found;
}

function checkString(rules: RuleSet, value: string): Violation[] {
  return [
    ...checkConst(rules, value),
    ...checkLengths(
      rules,
      () => [...value].length,
      () => Buffer.byteLength(value),
      'characters',
    ),
    ...checkAffixes(rules, value),
    ...checkSet(rules, value, (item) => JSON.stringify(item)),
    ...checkForm(rules, value),
  ];
}

type Affix = [rule: string, holds: (value: string, text: string) => boolean, verb: string];
const AFFIXES: readonly Affix[] = [
  ['prefix', (value, text) => value.startsWith(text), 'begins with'],
  ['suffix', (value, text) => value.endsWith(text), 'ends with'],
  ['contains', (value, text) => value.includes(text), 'contains'],
  ['not_contains', (value, text) => !value.includes(text), 'does not contain'],
  ['pattern', (value, text) => matches(text, value), 'matches'],
];

function checkAffixes(rules: RuleSet, value: string): Violation[] {
  const found: Violation[] = [];
  for (const [rule, holds, verb] of AFFIXES) {
    const text = rules[rule];
    if (text === undefined || holds(value, String(text))) continue;
    found.push(wrongFormat(`a text that ${verb} ${JSON.stringify(text)}`));
  }
  return found;
}

function wrongFormat(allowed: string): Violation {
  return { code: 'WEFT1204', message: 'the value has the wrong format', allowed };
}

/** The API's patterns are RE2; all of them in use mean the same to JavaScript. */
function matches(pattern: string, value: string): boolean {
  return new RegExp(pattern, 'u').test(value);
}

const HOST_LABEL = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

function isHostname(value: string): boolean {
  const name = value.replace(/\.$/, '');
  return name.length > 0 && name.length <= 253 && name.split('.').every((label) => HOST_LABEL.test(label));
}

function isEmail(value: string): boolean {
  const at = value.lastIndexOf('@');
  return value.length <= 254 && at > 0 && at <= 64 && !/[\s<>]/.test(value) && isHostname(value.slice(at + 1));
}

function isUri(value: string): boolean {
  return /^[A-Za-z][A-Za-z0-9+.-]*:[^\s\p{Cc}]*$/u.test(value) && URL.canParse(value);
}

function isUriReference(value: string): boolean {
  return isUri(value) || (/^[^\s\p{Cc}]*$/u.test(value) && URL.canParse(value, 'http://host/'));
}

const FORMS: readonly [rule: string, holds: (value: string) => boolean, what: string][] = [
  ['email', isEmail, 'an e-mail address'],
  ['hostname', isHostname, 'a host name'],
  ['ip', (value) => isIP(value) !== 0, 'an IP address'],
  ['ipv4', isIPv4, 'an IPv4 address'],
  ['ipv6', isIPv6, 'an IPv6 address'],
  ['address', (value) => isHostname(value) || isIP(value) !== 0, 'a host name or an IP address'],
  ['uri', isUri, 'a URI'],
  ['uri_ref', isUriReference, 'a URI reference'],
  ['uuid', (value) => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value), 'a UUID'],
];

function checkForm(rules: RuleSet, value: string): Violation[] {
  for (const [name, holds, what] of FORMS) {
    if (rules[name] === true && !holds(value)) return [wrongFormat(what)];
  }
  return checkWellKnownRegex(rules, value);
}

// Not strict: anything but NUL, LF and CR, as protoc-gen-validate defines it.
const HEADER_STRING = /^[^\0\n\r]*$/;
const HEADER_NAME = /^:?[0-9a-zA-Z!#$%&'*+\-.^_|~`]+$/;
const HEADER_VALUE = /^(?:\t|\P{Cc}|[\x80-\x9f])*$/u;

function checkWellKnownRegex(rules: RuleSet, value: string): Violation[] {
  const isStrict = rules.strict !== false;
  if (rules.well_known_regex === 'HTTP_HEADER_NAME' && !(isStrict ? HEADER_NAME : HEADER_STRING).test(value)) {
    return [wrongFormat(isStrict ? 'an HTTP header name' : 'an HTTP header name (no NUL, CR or LF)')];
  }
  if (rules.well_known_regex === 'HTTP_HEADER_VALUE' && !(isStrict ? HEADER_VALUE : HEADER_STRING).test(value)) {
    return [wrongFormat(isStrict ? 'an HTTP header value' : 'an HTTP header value (no NUL, CR or LF)')];
  }
  return [];
}

function checkBytes(rules: RuleSet, value: Uint8Array): Violation[] {
  const bytes = Buffer.from(value);
  const of = (name: string): Buffer => Buffer.from(String(rules[name] ?? ''), 'base64');
  const length = (): number => bytes.length;
  const found = checkLengths(rules, length, length, 'bytes');
  const tests: [string, boolean][] = [
    ['const', bytes.equals(of('const'))],
    ['prefix', bytes.subarray(0, of('prefix').length).equals(of('prefix'))],
    ['suffix', bytes.subarray(bytes.length - of('suffix').length).equals(of('suffix'))],
    ['contains', bytes.includes(of('contains'))],
    ['pattern', rules.pattern === undefined || matches(String(rules.pattern), bytes.toString('latin1'))],
    ['ip', bytes.length === 4 || bytes.length === 16],
    ['ipv4', bytes.length === 4],
    ['ipv6', bytes.length === 16],
  ];
  for (const [name, holds] of tests) {
    if (rules[name] !== undefined && rules[name] !== false && !holds)
      found.push(wrongFormat(`bytes by the rule ${name}`));
  }
  const sets = { in: hexes(rules.in), not_in: hexes(rules.not_in) };
  return [...found, ...checkSet(sets, bytes.toString('hex'))];
}

function hexes(list: unknown): string[] | undefined {
  return (list as string[] | undefined)?.map((item) => Buffer.from(item, 'base64').toString('hex'));
}

// === lists and maps ===

/** Number of items, uniqueness. The items themselves are the caller's. */
export function checkItems(rules: RuleSet, items: readonly unknown[]): Violation[] {
  if (rules.ignore_empty === true && items.length === 0) return [];
  const found = checkCount(rules.min_items, rules.max_items, items.length, 'items');
  if (rules.unique === true && new Set(items.map(identity)).size < items.length) {
    found.push({ code: 'WEFT1207', message: 'the items are not unique' });
  }
  return found;
}

function identity(item: unknown): unknown {
  return typeof item === 'object' ? JSON.stringify(item) : item;
}

export function checkPairs(rules: RuleSet, size: number): Violation[] {
  if (rules.ignore_empty === true && size === 0) return [];
  return checkCount(rules.min_pairs, rules.max_pairs, size, 'entries');
}

function checkCount(min: unknown, max: unknown, count: number, unit: string): Violation[] {
  const found: Violation[] = [];
  const counted = (n: number): string =>
    n === 1 ? `1 ${unit.replace(/ies$/, 'y').replace(/s$/, '')}` : `${n} ${unit}`;
  const message = count === 0 ? `there are no ${unit}` : `the number of ${unit} is ${count}`;
  const report = (allowed: string): number => found.push({ code: 'WEFT1206', message, allowed });
  if (min !== undefined && count < Number(min)) report(`at least ${counted(Number(min))}`);
  if (max !== undefined && count > Number(max)) report(`at most ${counted(Number(max))}`);
  return found;
}
