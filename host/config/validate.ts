// One walk over a decoded message, whatever it was decoded from (file or xDS): the API's rules, what weft acts on, what is deprecated.
// Findings have paths; a Locator adds lines where there is a file.
import type protobuf from 'protobufjs/light.js';
import type { google } from '../../proto/generated/api.js';
import type { Descriptors } from './descriptors.js';
import { fieldName, isEnum, isMap, isMessage, isOptional, oneofOf, typeName } from './field_index.js';
import { finding } from './finding.js';
import type { Finding, FindingCode, FindingDetails, Severity } from './finding.js';
import { anyTypeName, attachUnpacked, unpackAny } from './message.js';
import type { Message } from './message.js';
import { fieldPlans, ruleSets } from './field_plan.js';
import type { FieldPlan } from './field_plan.js';
import { fieldPath, indexPath, keyPath } from './path.js';
import { checkItems, checkPairs, checkScalar } from './rules.js';
import type { FieldRules, RuleSet, Violation } from './rules.js';
import { actedValues, CONFIG_REQUIRED, EXTENSIONS, isAlwaysRefusedExtension, isDefaultValue } from './support.js';

/** What to do with a field of Envoy's API that weft does not act on: refuse the configuration, or leave the field out and say so. */
export type UnsupportedFields = 'refuse' | 'warn';

export interface ValidateOptions {
  readonly unsupportedFields: UnsupportedFields;
}

export interface Validation {
  readonly findings: readonly Finding[];
  /**
   * In `warn` mode: takes out of the message what weft does not act on, so that whoever compiles it sees only what it knows.
   * To be called when the paths of the findings are no longer needed, because the items of lists move up.
   */
  prune(): void;
}

/** All findings of `message`. Every Any gets its decoded message attached. */
export function validateMessage(
  descriptors: Descriptors,
  message: Message,
  options: ValidateOptions,
  path = '',
): Validation {
  const walk = new Walk(descriptors, options);
  walk.message(message, { path, isActed: true, depth: 0 });
  return { findings: walk.findings, prune: () => walk.prune() };
}

type Any = google.protobuf.Any;
const DURATION = 'google.protobuf.Duration';
const ANY = 'google.protobuf.Any';
const WRAPPER = /^google\.protobuf\.\w+Value$/;
const MAX_DEPTH = 100;
/** int64 nanoseconds end here. */
const MAX_SECONDS = 9_223_372_035;
const OPENS_A_DOOR = 'and running without it could let through, or send elsewhere, what it should not';

interface Place {
  readonly path: string;
  /** Whether weft acts on the fields around this place. */
  readonly isActed: boolean;
  readonly depth: number;
}

/** Whether a value stays, or is left out because of an extension inside that weft does not have. */
type Verdict = 'keep' | 'leave out';

class Walk {
  readonly findings: Finding[] = [];
  private readonly prunings: (() => void)[] = [];

  constructor(
    private readonly descriptors: Descriptors,
    private readonly options: ValidateOptions,
  ) {}

  prune(): void {
    for (const pruning of this.prunings) pruning();
  }

  message(message: Message, at: Place): Verdict {
    if (at.depth > MAX_DEPTH) {
      this.report('WEFT1004', at.path, `the message is nested more than ${MAX_DEPTH} levels deep`);
      return 'keep';
    }
    this.oneofs(message, at.path);
    let verdict: Verdict = 'keep';
    for (const plan of fieldPlans(message.$type)) {
      if (!plan.mattersWhenAbsent && !Object.hasOwn(message, plan.name)) continue;
      const here = { path: fieldPath(at.path, plan.name), isActed: at.isActed, depth: at.depth };
      if (this.field(plan, message, here) === 'leave out') verdict = 'leave out';
    }
    return verdict;
  }

  private report(code: FindingCode, path: string, message: string, details?: FindingDetails): void {
    this.findings.push(finding(code, path, message, details));
  }

  private oneofs(message: Message, path: string): void {
    const type = message.$type;
    for (const oneof of type.oneofsArray) {
      if (oneof.options?.['(validate.required)'] !== true) continue;
      if (oneof.oneof.some((name) => isPresent(type.fields[name], message))) continue;
      const allowed = `one of ${oneof.oneof.join(', ')}`;
      this.report('WEFT1208', path, `${type.name} needs a ${oneof.name}`, { allowed });
    }
  }

  private field(plan: FieldPlan, message: Message, at: Place): Verdict {
    const { field, rules } = plan;
    if (!isPresent(field, message)) {
      this.absent(field, rules, at);
      return 'keep';
    }
    this.deprecation(field.options, field.name, at.path);
    const isActed = this.support(plan, message, at);
    if (at.isActed && !isActed) this.prunings.push(() => delete message[field.name]);
    const here = { path: at.path, isActed, depth: at.depth };
    if (isMap(field)) this.map(field, rules, message[field.name] as Record<string, unknown>, here);
    else if (field.repeated) this.list(field, rules, message, here);
    else return this.single(field, rules, message, here);
    return 'keep';
  }

  /** A field that is not set is checked too: its zero may break a rule, or it may be required. */
  private absent(field: protobuf.Field, rules: FieldRules | undefined, { path, isActed }: Place): void {
    if (isActed && CONFIG_REQUIRED.has(fieldName(field))) {
      this.report('WEFT1201', path, 'an extension needs its configuration', { allowed: extensionsAt(field) });
    }
    if (rules === undefined || oneofOf(field) !== undefined || isOptional(field)) return;
    if (isMap(field)) this.violations(checkPairs(rules.map ?? {}, 0), path);
    else if (field.repeated) this.violations(checkItems(rules.repeated ?? {}, []), path);
    else if (isMessage(field)) this.required(rules, path);
    else this.byRules(rules, field.typeDefault, path, undefined);
  }

  private required(rules: FieldRules, path: string): void {
    const isRequired = Object.values(rules).some((set) => set.required === true);
    if (isRequired) this.report('WEFT1201', path, 'this field is required');
  }

  private deprecation(options: Record<string, unknown> | undefined, name: string, path: string): void {
    const isGone =
      options?.['(envoy.annotations.disallowed_by_default)'] === true ||
      options?.['(envoy.annotations.disallowed_by_default_enum)'] === true;
    if (isGone) this.report('WEFT1306', path, `Envoy 1.40 no longer allows ${name}`);
    else if (options?.deprecated === true) {
      this.report('WEFT1305', path, `${name} is deprecated`, { severity: 'warning' });
    }
  }

  /** Whether weft acts on the field; a finding when it does not. */
  private support({ field, support }: FieldPlan, message: Message, { path, isActed }: Place): boolean {
    if (support === 'acted') return isActed;
    if (support === 'inert' || isDefault(field, message, typeName(message.$type))) return false;
    const text = `weft does not act on ${field.name} yet`;
    if (support === 'always') this.report('WEFT1304', path, `${text}, ${OPENS_A_DOOR}`);
    else if (isActed) this.report('WEFT1301', path, text, { severity: this.severity() });
    return false;
  }

  private severity(): Severity {
    return this.options.unsupportedFields === 'warn' ? 'warning' : 'error';
  }

  private map(field: protobuf.Field, rules: FieldRules | undefined, map: Record<string, unknown>, at: Place): void {
    this.violations(checkPairs(rules?.map ?? {}, Object.keys(map).length), at.path);
    for (const [key, value] of Object.entries(map)) {
      const here = { ...at, path: keyPath(at.path, key) };
      this.byRules(rules?.map?.keys, key, here.path, key);
      const verdict = this.value(field, rules?.map?.values as FieldRules, value, here);
      if (verdict === 'leave out') this.prunings.push(() => delete map[key]);
    }
  }

  private list(field: protobuf.Field, rules: FieldRules | undefined, message: Message, at: Place): void {
    const items = message[field.name] as unknown[];
    this.violations(checkItems(rules?.repeated ?? {}, items), at.path);
    const itemRules = rules?.repeated?.items as FieldRules | undefined;
    const isKept = items.map(
      (item, i) => this.value(field, itemRules, item, { ...at, path: indexPath(at.path, i) }) === 'keep',
    );
    if (isKept.includes(false)) {
      this.prunings.push(() => (message[field.name] = items.filter((_, i) => isKept[i])));
    }
  }

  /** A field whose extension is left out goes with it, and so does the message that carries the Any itself. */
  private single(field: protobuf.Field, rules: FieldRules | undefined, message: Message, at: Place): Verdict {
    const verdict = this.value(field, rules, message[field.name], at);
    if (verdict === 'keep') {
      if (at.isActed && isEnum(field)) this.enumSupport(field, message, at.path);
      return 'keep';
    }
    this.prunings.push(() => delete message[field.name]);
    return isMessage(field) && typeName(field.resolvedType) === ANY ? 'leave out' : 'keep';
  }

  private value(field: protobuf.Field, rules: FieldRules | undefined, value: unknown, at: Place): Verdict {
    if (!isMessage(field)) {
      this.scalar(field, rules, value, at.path);
      return 'keep';
    }
    const name = typeName(field.resolvedType);
    if (name === ANY) return this.any(field, rules, value as Any, at);
    if (rules?.message?.skip === true) return 'keep';
    if (name === DURATION) this.duration(rules, value as google.protobuf.Duration, at.path);
    else if (WRAPPER.test(name)) {
      const inner = (value as { value: unknown }).value;
      this.byRules(rules, inner, at.path, inner);
    } else if (rules?.timestamp !== undefined) this.byRules(rules, value, at.path, value);
    else return this.message(value as Message, { ...at, depth: at.depth + 1 });
    return 'keep';
  }

  private scalar(field: protobuf.Field, rules: FieldRules | undefined, value: unknown, path: string): void {
    this.byRules(rules, value, path, value);
    if (!isEnum(field)) return;
    const type = field.resolvedType;
    const name = type.valuesById[value as number];
    if (name === undefined && rules?.enum?.defined_only === true) {
      const allowed = `one of ${Object.keys(type.values).join(', ')}`;
      this.report('WEFT1103', path, `${type.name} has no such value`, { value, allowed });
    }
    if (name !== undefined) this.deprecation(type.valuesOptions?.[name], name, path);
  }

  private enumSupport(field: protobuf.Field & { resolvedType: protobuf.Enum }, message: Message, path: string): void {
    const acted = actedValues(typeName(message.$type), field.name);
    const type = field.resolvedType;
    const name = type.valuesById[message[field.name] as number];
    if (acted === undefined || name === undefined || acted.includes(name)) return;
    const details = { written: name, allowed: `one of ${acted.join(', ')}`, severity: this.severity() };
    this.report('WEFT1303', path, `weft does not have ${name} yet`, details);
    this.prunings.push(() => (message[field.name] = type.values[acted[0]]));
  }

  /** Envoy refuses a negative duration, and one beyond the range of int64 nanoseconds, wherever it reads one. */
  private duration(rules: FieldRules | undefined, value: google.protobuf.Duration, path: string): void {
    const { seconds, nanos } = value;
    const written = `${Number((seconds + nanos / 1e9).toFixed(9))}s`;
    if (seconds >= 0 && seconds <= MAX_SECONDS && nanos >= 0 && nanos <= 999_999_999) {
      for (const [kind, set] of ruleSets(rules)) this.violations(checkScalar(kind, set, value), path, { written });
      return;
    }
    const allowed = `0s to ${MAX_SECONDS}s`;
    this.report('WEFT1106', path, 'the duration is negative or too long', { written, allowed });
  }

  private any(field: protobuf.Field, rules: FieldRules | undefined, any: Any, at: Place): Verdict {
    this.violations(checkAny(rules?.any, any), at.path, { value: any.type_url });
    const name = anyTypeName(any);
    const point = fieldName(field);
    if (name === '' && !CONFIG_REQUIRED.has(point)) return 'keep';
    const isKnown = EXTENSIONS[point]?.includes(name) === true;
    const verdict = isKnown ? 'keep' : this.unknownExtension(field, any, name, at);
    const inner = this.unpack(any, name, at.path);
    if (inner !== undefined) {
      this.message(inner, { path: at.path, isActed: at.isActed && isKnown, depth: at.depth + 1 });
    }
    return verdict;
  }

  private unpack(any: Any, name: string, path: string): Message | undefined {
    const there = unpackAny(any);
    const type = this.descriptors.messageType(name);
    if (there !== undefined || type === undefined) return there;
    try {
      const message = type.decode(any.value) as Message;
      attachUnpacked(any, message);
      return message;
    } catch {
      this.report('WEFT1102', path, `the bytes are no ${name}`);
      return undefined;
    }
  }

  private unknownExtension(field: protobuf.Field, any: Any, name: string, at: Place): Verdict {
    const details = { value: any.type_url, allowed: extensionsAt(field) };
    const path = fieldPath(at.path, '@type');
    if (isAlwaysRefusedExtension(name)) {
      this.report('WEFT1304', path, `weft does not have ${name} yet, ${OPENS_A_DOOR}`, details);
    } else if (!at.isActed) {
      return 'keep';
    } else if (name === '') {
      this.report('WEFT1201', at.path, 'an extension needs its configuration', { allowed: details.allowed });
    } else if (!this.descriptors.isEnvoyName(name)) {
      this.report('WEFT1109', path, 'Envoy 1.40 has no such message', details);
    } else {
      const message = `weft does not have ${name} at this place yet`;
      this.report('WEFT1302', path, message, { ...details, severity: this.severity() });
      return 'leave out';
    }
    return 'keep';
  }

  private byRules(rules: unknown, value: unknown, path: string, shown: unknown): void {
    for (const [kind, set] of ruleSets(rules)) this.violations(checkScalar(kind, set, value), path, { value: shown });
  }

  private violations(found: readonly Violation[], path: string, details: FindingDetails = {}): void {
    for (const { code, message, allowed } of found) {
      this.report(code, path, message, allowed === undefined ? details : { ...details, allowed });
    }
  }
}

function extensionsAt(field: protobuf.Field): string {
  const names = EXTENSIONS[fieldName(field)];
  return names === undefined ? 'no extension yet' : `one of ${names.join(', ')}`;
}

function checkAny(rules: RuleSet | undefined, any: Any): Violation[] {
  if (rules?.required === true && any.type_url === '') return [{ code: 'WEFT1201', message: 'this field is required' }];
  return rules === undefined ? [] : checkScalar('string', { in: rules.in, not_in: rules.not_in }, any.type_url);
}

/** Set by somebody: a message, a non-empty list, a value with presence, or a value that is not its zero. */
function isPresent(field: protobuf.Field, message: Message): boolean {
  if (!Object.hasOwn(message, field.name)) return false;
  const value = message[field.name];
  if (value === null || value === undefined) return false;
  if (isMap(field)) return Object.keys(value as object).length > 0;
  if (field.repeated) return (value as unknown[]).length > 0;
  if (isMessage(field) || isOptional(field) || oneofOf(field) !== undefined) return true;
  return value instanceof Uint8Array ? value.length > 0 : value !== 0 && value !== '' && value !== false;
}

/** A wrapper that holds the API's default: setting it changes nothing. */
function isDefault(field: protobuf.Field, message: Message, owner: string): boolean {
  if (field.repeated || isMap(field) || oneofOf(field) !== undefined) return false;
  const value = message[field.name];
  if (!isMessage(field)) return isDefaultValue(owner, field.name, value);
  const isWrapper = WRAPPER.test(typeName(field.resolvedType));
  return isWrapper && isDefaultValue(owner, field.name, (value as { value: unknown }).value);
}
