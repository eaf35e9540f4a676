// What validation needs to know of each field of a message type, worked out once: a large configuration is the same few types over
// and over.
import type protobuf from 'protobufjs/light.js';
import { fieldName, typeName } from './field_index.js';
import type { FieldRules, RuleSet } from './rules.js';
import { CONFIG_REQUIRED, supportOf } from './support.js';
import type { Support } from './support.js';

export interface FieldPlan {
  readonly field: protobuf.Field;
  readonly name: string;
  readonly rules: FieldRules | undefined;
  readonly support: Support;
  /** Its rules may be broken by its absence, or it may be required. Most fields that are not set have no rule. */
  readonly mattersWhenAbsent: boolean;
}

const plans = new WeakMap<protobuf.Type, readonly FieldPlan[]>();

export function fieldPlans(type: protobuf.Type): readonly FieldPlan[] {
  let known = plans.get(type);
  if (known === undefined) plans.set(type, (known = type.fieldsArray.map((field) => planOf(type, field))));
  return known;
}

function planOf(type: protobuf.Type, field: protobuf.Field): FieldPlan {
  const rules = field.options?.['(validate.rules)'] as FieldRules | undefined;
  return {
    field,
    name: field.name,
    rules,
    support: supportOf(typeName(type), field.name),
    mattersWhenAbsent: rules !== undefined || CONFIG_REQUIRED.has(fieldName(field)),
  };
}

const STRUCTURAL = new Set(['message', 'any', 'repeated', 'map']);
const sets = new WeakMap<object, readonly [string, RuleSet][]>();
const NONE: readonly [string, RuleSet][] = [];

/** The rule sets that concern the value itself, by kind; the others are handled where they matter. */
export function ruleSets(rules: unknown): readonly [string, RuleSet][] {
  if (rules === undefined || rules === null) return NONE;
  let known = sets.get(rules);
  if (known === undefined) {
    known = Object.entries(rules as FieldRules).filter(([kind]) => !STRUCTURAL.has(kind));
    sets.set(rules, known);
  }
  return known;
}
