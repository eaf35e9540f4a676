// A scalar of a document as the value of a protobuf field: text, bytes, boolean, number or enum, as Envoy's JSON parser reads them.
import type protobuf from 'protobufjs/light.js';
import { isEnum } from './field_index.js';
import type { FindingCode, FindingDetails } from './finding.js';
import { boolOfText, floatOfText, integerOfText } from './scalar.js';
import type { ScalarValue } from './scalar.js';
import { suggest } from './suggest.js';
import { decodeBytes } from './text_forms.js';

type Scalar = Exclude<ScalarValue, { kind: 'null' }>;

/** Why a scalar is no value of its field; without a code: another type is wanted. */
export class ScalarProblem {
  constructor(
    readonly wanted: string,
    readonly code?: FindingCode,
    readonly message: string = '',
    readonly details: FindingDetails = {},
  ) {}
}

const SAFE = 2n ** 53n - 1n;
const INT32 = [-(2n ** 31n), 2n ** 31n - 1n] as const;
const UINT32 = [0n, 2n ** 32n - 1n] as const;
const INT64 = [-SAFE, SAFE] as const;
const UINT64 = [0n, SAFE] as const;
const BOUNDS: Readonly<Record<string, readonly [bigint, bigint]>> = {
  int32: INT32,
  sint32: INT32,
  sfixed32: INT32,
  uint32: UINT32,
  fixed32: UINT32,
  int64: INT64,
  sint64: INT64,
  sfixed64: INT64,
  uint64: UINT64,
  fixed64: UINT64,
};

/** `written` is the scalar as it stands in the document. */
export function readScalar(field: protobuf.Field, scalar: Scalar, written: string): unknown {
  if (isEnum(field)) return readEnum(field.resolvedType, String(scalar.value));
  const { type } = field;
  if (type === 'string') return scalar.kind === 'string' ? scalar.value : notText(scalar, written);
  if (type === 'bytes') return scalar.kind === 'string' ? readBytes(scalar.value) : notText(scalar, written);
  if (type === 'bool') return readBool(scalar);
  if (scalar.kind === 'bool') return new ScalarProblem('a number');
  if (type === 'double' || type === 'float') return floatOfText(scalar.value) ?? new ScalarProblem('a number');
  return readInteger(type, scalar.value);
}

function readBool(scalar: Scalar): boolean | ScalarProblem {
  if (scalar.kind === 'bool') return scalar.value;
  const value = scalar.kind === 'string' ? boolOfText(scalar.value) : undefined;
  return value ?? new ScalarProblem('true or false');
}

function readInteger(type: string, text: string): number | ScalarProblem {
  const [min, max] = BOUNDS[type];
  const details = { written: text, allowed: `${min} to ${max}` };
  const value = integerOfText(text);
  if (value !== undefined && value >= min && value <= max) return Number(value);
  if (value !== undefined) return new ScalarProblem('', 'WEFT1105', `the number does not fit ${type}`, details);
  const isFraction = floatOfText(text) !== undefined;
  return isFraction
    ? new ScalarProblem('', 'WEFT1105', 'a whole number is wanted', details)
    : new ScalarProblem('a whole number');
}

/** By name in any case, or by number. */
function readEnum(type: protobuf.Enum, text: string): number | ScalarProblem {
  if (Object.hasOwn(type.values, text)) return type.values[text];
  if (/^-?\d+$/.test(text)) return readInteger('int32', text);
  const names = Object.keys(type.values);
  const folded = names.find((name) => name.toLowerCase() === text.toLowerCase());
  if (folded !== undefined) return type.values[folded];
  const details = { written: text, allowed: `one of ${few(names)}`, suggestion: suggest(text, names) };
  return new ScalarProblem('', 'WEFT1103', `${type.name} has no such value`, details);
}

function readBytes(text: string): Uint8Array | ScalarProblem {
  return decodeBytes(text) ?? new ScalarProblem('', 'WEFT1107', 'the text is not base64', { value: text });
}

function notText(scalar: Scalar, written: string): ScalarProblem {
  const kind = scalar.kind === 'bool' ? 'a boolean' : 'a number';
  const details = { allowed: 'a text', suggestion: JSON.stringify(written) };
  return new ScalarProblem('', 'WEFT1102', `a text is wanted, and unquoted ${written} is ${kind}`, details);
}

const FEW = 24;

/** Names in a row, not more than a screen of them. */
export function few(names: readonly string[]): string {
  return names.length <= FEW ? names.join(', ') : `${names.slice(0, FEW).join(', ')} and ${names.length - FEW} more`;
}
