// One walk over a decoded message, whatever it was decoded from (file or xDS): the API's rules, what weft acts on, what is deprecated.
// Findings have paths; a Locator adds lines where there is a file.
import type protobuf from 'protobufjs/light.js';
import type { google } from '../../proto/generated/api.js';
import type { Descriptors } from './descriptors.js';
import { fieldName, isEnum, isMap, isMessage, isOptional, oneofOf, typeName } from './field_index.js';
import { finding } from './finding.js';
import type { Finding, Severity } from './finding.js';
import { anyTypeName, attachUnpacked, unpackAny } from './message.js';
import type { Message } from './message.js';
import { fieldPath, indexPath, keyPath } from './path.js';
import { checkItems, checkPairs, checkScalar } from './rules.js';
import type { FieldRules, RuleSet, Violation } from './rules.js';
import {
  actedValues,
  CONFIG_REQUIRED,
  EXTENSIONS,
  isAlwaysRefusedExtension,
  isDefaultValue,
  supportOf,
} from './support.js';

/** What to do with a field of Envoy's API that weft does not act on: refuse the configuration, or leave the field out and say so. */
export type UnsupportedFields = 'refuse' | 'warn';

export interface ValidateOptions {
  readonly unsupportedFields: UnsupportedFields;
}

type Any = google.protobuf.Any;
const DURATION = 'google.protobuf.Duration';
const ANY = 'google.protobuf.Any';
const WRAPPER = /^google\.protobuf\.(\w+)Value$/;
const MAX_DEPTH = 100;

/** What to do with a value after the walk: in `warn` mode a part that weft does not act on is left out. */
type Verdict = 'keep' | 'leave out';

/**
 * All findings of `message`. In `warn` mode the message is changed: what weft does not act on is taken out of it, so that
 * whoever compiles it sees only what it knows. Every Any gets its decoded message attached.
 */
export function validateMessage(
  descriptors: Descriptors,
  message: Message,
  options: ValidateOptions,
  path = '',
): Finding[] {
  const walk = new Walk(descriptors, options);
  walk.message(message, path, true, 0);
  return walk.findings;
}

class Walk {
  readonly findings: Finding[] = [];

  constructor(
    private readonly descriptors: Descriptors,
    private readonly options: ValidateOptions,
  ) {}

  message(message: Message, path: string, isActed: boolean, depth: number): Verdict {
    if (depth > MAX_DEPTH) {
      this.findings.push(finding('WEFT1004', path, `the message is nested more than ${MAX_DEPTH} levels deep`));
      return 'keep';
    }
    const type = message.$type;
    this.oneofs(type, message, path);
    let verdict: Verdict = 'keep';
    for (const field of type.fieldsArray) {
      if (this.field(field, message, fieldPath(path, field.name), isActed, depth) === 'leave out')
        verdict = 'leave out';
    }
    return verdict;
  }

  private oneofs(type: protobuf.Type, message: Message, path: string): void {
    for (const oneof of type.oneofsArray) {
      if (oneof.options?.['(validate.required)'] !== true) continue;
      if (oneof.oneof.some((name) => isPresent(type.fields[name], message))) continue;
      this.findings.push(
        finding('WEFT1208', path, `${type.name} needs a ${oneof.name}`, {
          allowed: `one of ${oneof.oneof.join(', ')}`,
        }),
      );
    }
  }

  /** `leave out` when the whole message makes no sense without this field (an extension without its configuration). */
  private field(field: protobuf.Field, message: Message, path: string, isActed: boolean, depth: number): Verdict {
    const rules = field.options?.['(validate.rules)'] as FieldRules | undefined;
    if (!isPresent(field, message)) {
      this.absent(field, rules, path, isActed);
      return 'keep';
    }
    this.deprecation(field, path);
    const acted = this.support(field, message, path, isActed);
    const verdict = this.content(field, rules, message, path, acted, depth);
    if (isActed && !acted && this.options.unsupportedFields === 'warn') delete message[field.name];
    return verdict;
  }

  /** A field that is not set is checked too: its zero may break a rule, or it may be required. */
  private absent(field: protobuf.Field, rules: FieldRules | undefined, path: string, isActed: boolean): void {
    if (isActed && CONFIG_REQUIRED.has(fieldName(field))) {
      this.findings.push(
        finding('WEFT1201', path, 'an extension needs its configuration', { allowed: this.extensionsAt(field) }),
      );
    }
    if (rules === undefined || oneofOf(field) !== undefined || isOptional(field)) return;
    if (isMap(field)) this.violations(checkPairs(rules.map ?? {}, 0), path, undefined);
    else if (field.repeated) this.violations(checkItems(rules.repeated ?? {}, []), path, undefined);
    else if (isMessage(field)) this.required(rules, path);
    else
      for (const [kind, set] of ruleSets(rules))
        this.violations(checkScalar(kind, set, field.typeDefault), path, undefined);
  }

  private required(rules: FieldRules, path: string): void {
    const isRequired = Object.values(rules).some((set) => set.required === true);
    if (isRequired) this.findings.push(finding('WEFT1201', path, 'this field is required'));
  }

  private deprecation(field: protobuf.Field, path: string): void {
    if (field.options?.['(envoy.annotations.disallowed_by_default)'] === true) {
      this.findings.push(finding('WEFT1306', path, `Envoy 1.40 no longer allows ${field.name}`));
    } else if (field.options?.deprecated === true) {
      this.findings.push(finding('WEFT1305', path, `${field.name} is deprecated`, { severity: 'warning' }));
    }
  }

  /** Whether weft acts on the field; a finding when it does not. */
  private support(field: protobuf.Field, message: Message, path: string, isActed: boolean): boolean {
    const owner = typeName(message.$type);
    const support = supportOf(owner, field.name);
    if (support === 'always') {
      if (!isDefault(field, message, owner)) {
        this.findings.push(
          finding('WEFT1304', path, `weft does not act on ${field.name} yet, and it decides who may pass`),
        );
      }
      return false;
    }
    if (!isActed || support === 'acted') return isActed;
    if (support === 'inert' || isDefault(field, message, owner)) return false;
    this.findings.push(
      finding('WEFT1301', path, `weft does not act on ${field.name} yet`, { severity: this.severity() }),
    );
    return false;
  }

  private severity(): Severity {
    return this.options.unsupportedFields === 'warn' ? 'warning' : 'error';
  }

  private content(
    field: protobuf.Field,
    rules: FieldRules | undefined,
    message: Message,
    path: string,
    isActed: boolean,
    depth: number,
  ): Verdict {
    const value = message[field.name];
    if (isMap(field))
      message[field.name] = this.map(field, rules, value as Record<string, unknown>, path, isActed, depth);
    else if (field.repeated) message[field.name] = this.list(field, rules, value as unknown[], path, isActed, depth);
    else return this.single(field, rules, message, path, isActed, depth);
    return 'keep';
  }

  private map(
    field: protobuf.Field,
    rules: FieldRules | undefined,
    map: Record<string, unknown>,
    path: string,
    isActed: boolean,
    depth: number,
  ): Record<string, unknown> {
    this.violations(checkPairs(rules?.map ?? {}, Object.keys(map).length), path, undefined);
    const kept = Object.create(null) as Record<string, unknown>;
    for (const [key, value] of Object.entries(map)) {
      const here = keyPath(path, key);
      for (const [kind, set] of ruleSets(rules?.map?.keys)) this.violations(checkScalar(kind, set, key), here, key);
      if (this.value(field, rules?.map?.values as FieldRules, value, here, isActed, depth) === 'keep')
        kept[key] = value;
    }
    return kept;
  }

  private list(
    field: protobuf.Field,
    rules: FieldRules | undefined,
    items: unknown[],
    path: string,
    isActed: boolean,
    depth: number,
  ): unknown[] {
    this.violations(checkItems(rules?.repeated ?? {}, items), path, undefined);
    const itemRules = rules?.repeated?.items as FieldRules | undefined;
    const kept = items.filter(
      (item, i) => this.value(field, itemRules, item, indexPath(path, i), isActed, depth) === 'keep',
    );
    return kept.length === items.length ? items : kept;
  }

  /** A part of a message that was left out because of what is inside is left out with its field. */
  private single(
    field: protobuf.Field,
    rules: FieldRules | undefined,
    message: Message,
    path: string,
    isActed: boolean,
    depth: number,
  ): Verdict {
    const verdict = this.value(field, rules, message[field.name], path, isActed, depth);
    if (verdict === 'keep') return this.enumSupport(field, message, path, isActed);
    delete message[field.name];
    return isMessage(field) && typeName(field.resolvedType) === ANY ? 'leave out' : 'keep';
  }

  private value(
    field: protobuf.Field,
    rules: FieldRules | undefined,
    value: unknown,
    path: string,
    isActed: boolean,
    depth: number,
  ): Verdict {
    if (!isMessage(field)) {
      this.scalar(field, rules, value, path);
      return 'keep';
    }
    const name = typeName(field.resolvedType);
    if (name === ANY) return this.any(field, rules, value as Any, path, isActed, depth);
    if (rules?.message?.skip === true) return 'keep';
    if (WRAPPER.test(name)) this.wrapper(rules, value as { value: unknown }, path);
    else if (rules?.duration !== undefined || name === DURATION)
      this.duration(rules, value as google.protobuf.Duration, path);
    else if (rules?.timestamp !== undefined)
      this.violations(checkScalar('timestamp', rules.timestamp, value), path, value);
    else return this.message(value as Message, path, isActed, depth + 1);
    return 'keep';
  }

  private scalar(field: protobuf.Field, rules: FieldRules | undefined, value: unknown, path: string): void {
    for (const [kind, set] of ruleSets(rules)) this.violations(checkScalar(kind, set, value), path, value);
    if (!isEnum(field)) return;
    const name = field.resolvedType.valuesById[value as number];
    if (name === undefined && rules?.enum?.defined_only === true) {
      const allowed = `one of ${Object.keys(field.resolvedType.values).join(', ')}`;
      this.findings.push(finding('WEFT1103', path, `${field.resolvedType.name} has no such value`, { value, allowed }));
    }
    this.enumDeprecation(field.resolvedType, name, path);
  }

  private enumDeprecation(type: protobuf.Enum, name: string | undefined, path: string): void {
    const options = name === undefined ? undefined : type.valuesOptions?.[name];
    if (options?.['(envoy.annotations.disallowed_by_default_enum)'] === true) {
      this.findings.push(finding('WEFT1306', path, `Envoy 1.40 no longer allows ${name}`));
    } else if (options?.deprecated === true) {
      this.findings.push(finding('WEFT1305', path, `${name} is deprecated`, { severity: 'warning' }));
    }
  }

  private enumSupport(field: protobuf.Field, message: Message, path: string, isActed: boolean): Verdict {
    const owner = typeName(message.$type);
    const acted = isActed && isEnum(field) ? actedValues(owner, field.name) : undefined;
    if (acted === undefined || !isEnum(field)) return 'keep';
    const name = field.resolvedType.valuesById[message[field.name] as number];
    if (name === undefined || acted.includes(name)) return 'keep';
    const allowed = `one of ${acted.join(', ')}`;
    const details = { value: name, allowed, severity: this.severity() };
    this.findings.push(finding('WEFT1303', path, `weft does not have ${name} yet`, details));
    if (this.options.unsupportedFields === 'warn') message[field.name] = field.resolvedType.values[acted[0]];
    return 'keep';
  }

  private wrapper(rules: FieldRules | undefined, wrapper: { value: unknown }, path: string): void {
    for (const [kind, set] of ruleSets(rules))
      this.violations(checkScalar(kind, set, wrapper.value), path, wrapper.value);
  }

  /** Envoy refuses a negative duration, and one beyond the range of int64 nanoseconds, wherever it reads one. */
  private duration(rules: FieldRules | undefined, value: google.protobuf.Duration, path: string): void {
    const shown = `${Number((value.seconds + value.nanos / 1e9).toFixed(9))}s`;
    const isBroken = value.seconds < 0 || value.nanos < 0 || value.nanos > 999_999_999 || value.seconds > MAX_SECONDS;
    if (isBroken) {
      const allowed = `0s to ${MAX_SECONDS}s`;
      this.findings.push(finding('WEFT1106', path, 'the duration is negative or too long', { value: shown, allowed }));
    } else {
      for (const [kind, set] of ruleSets(rules)) this.violations(checkScalar(kind, set, value), path, shown);
    }
  }

  // === extensions ===

  private any(
    field: protobuf.Field,
    rules: FieldRules | undefined,
    any: Any,
    path: string,
    isActed: boolean,
    depth: number,
  ): Verdict {
    this.violations(checkAny(rules?.any, any), path, any.type_url);
    const name = anyTypeName(any);
    if (name === '' && !CONFIG_REQUIRED.has(fieldName(field))) return 'keep';
    const inner = this.unpack(any, name, path);
    const isKnown = EXTENSIONS[fieldName(field)]?.includes(name) === true;
    const verdict = isKnown ? 'keep' : this.unknownExtension(field, any, name, path, isActed);
    if (inner !== undefined) this.message(inner, path, isActed && isKnown, depth + 1);
    return verdict;
  }

  private unpack(any: Any, name: string, path: string): Message | undefined {
    const there = unpackAny(any);
    if (there !== undefined) return there;
    const type = this.descriptors.messageType(name);
    if (type === undefined) return undefined;
    try {
      const message = type.decode(any.value) as Message;
      attachUnpacked(any, message);
      return message;
    } catch {
      this.findings.push(finding('WEFT1102', path, `the bytes are no ${name}`));
      return undefined;
    }
  }

  private unknownExtension(field: protobuf.Field, any: Any, name: string, path: string, isActed: boolean): Verdict {
    const at = name === '' ? path : fieldPath(path, '@type');
    const details = { value: any.type_url, allowed: this.extensionsAt(field) };
    if (isAlwaysRefusedExtension(name)) {
      const message = `weft does not have ${name} yet, and it decides who may pass`;
      this.findings.push(finding('WEFT1304', at, message, details));
      return 'keep';
    }
    if (!isActed) return 'keep';
    if (!this.descriptors.isEnvoyName(name)) {
      const message = name === '' ? 'an extension needs its configuration' : 'Envoy 1.40 has no such message';
      this.findings.push(finding(name === '' ? 'WEFT1201' : 'WEFT1109', at, message, details));
      return 'keep';
    }
    const message = `weft does not have ${name} at this place yet`;
    this.findings.push(finding('WEFT1302', at, message, { ...details, severity: this.severity() }));
    return this.options.unsupportedFields === 'warn' ? 'leave out' : 'keep';
  }

  private extensionsAt(field: protobuf.Field): string {
    const names = EXTENSIONS[fieldName(field)];
    return names === undefined ? 'no extension yet' : `one of ${names.join(', ')}`;
  }

  private violations(found: Violation[], path: string, value: unknown): void {
    for (const { code, message, allowed } of found) {
      this.findings.push(finding(code, path, message, { value, ...(allowed === undefined ? {} : { allowed }) }));
    }
  }
}

/** int64 nanoseconds end here. */
const MAX_SECONDS = 9_223_372_036;

function checkAny(rules: RuleSet | undefined, any: Any): Violation[] {
  if (rules?.required === true && any.type_url === '') return [{ code: 'WEFT1201', message: 'this field is required' }];
  return rules === undefined ? [] : checkScalar('string', { in: rules.in, not_in: rules.not_in }, any.type_url);
}

/** The rule sets that concern the value itself, by kind; `message` and `any` are handled where they matter. */
function ruleSets(rules: unknown): [string, RuleSet][] {
  if (rules === undefined || rules === null) return [];
  return Object.entries(rules as FieldRules).filter(([kind]) => !STRUCTURAL.has(kind));
}
const STRUCTURAL = new Set(['message', 'any', 'repeated', 'map']);

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

/** A wrapper that holds the API's default, or a message without any content: setting it changes nothing. */
function isDefault(field: protobuf.Field, message: Message, owner: string): boolean {
  const value = message[field.name];
  if (field.repeated || isMap(field)) return false;
  if (!isMessage(field)) return oneofOf(field) === undefined && isDefaultValue(owner, field.name, value);
  if (!WRAPPER.test(typeName(field.resolvedType))) return false;
  return oneofOf(field) === undefined && isDefaultValue(owner, field.name, (value as { value: unknown }).value);
}
