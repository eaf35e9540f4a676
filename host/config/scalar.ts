// YAML 1.1 scalars as Envoy reads them (yaml-cpp into a protobuf Struct): yes and on are booleans, 010 is eight, 1.5 stays text.

export type ScalarValue =
  | { readonly kind: 'null' }
  | { readonly kind: 'bool'; readonly value: boolean }
  /** The text of a number: decimal digits from YAML, any JSON number from JSON. */
  | { readonly kind: 'number'; readonly value: string }
  | { readonly kind: 'string'; readonly value: string };

const NULLS = new Set(['', '~', 'null', 'Null', 'NULL']);
const BOOLS = new Map<string, boolean>();
for (const [word, value] of Object.entries({
  y: true,
  yes: true,
  true: true,
  on: true,
  n: false,
  no: false,
  false: false,
  off: false,
})) {
  BOOLS.set(word, value);
  BOOLS.set(word.toUpperCase(), value);
  BOOLS.set(word[0].toUpperCase() + word.slice(1), value);
}
const INTEGER = /^([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)$/;
const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const NULL = { kind: 'null' } as const;

/** An unquoted YAML scalar. Whole numbers beyond 32 bits become text, as in Envoy; fractions stay text. */
export function plainYamlScalar(source: string): ScalarValue {
  if (NULLS.has(source)) return NULL;
  const bool = BOOLS.get(source);
  if (bool !== undefined) return { kind: 'bool', value: bool };
  const integer = INTEGER.exec(source);
  if (integer === null || source.length > 64) return { kind: 'string', value: source };
  const value = signed(integer[1], integer[2]);
  if (value < -(2n ** 63n) || value >= 2n ** 63n) return { kind: 'string', value: source };
  const small = value >= -(2n ** 31n) && value < 2n ** 31n;
  return { kind: small ? 'number' : 'string', value: value.toString() };
}

/** An unquoted JSON scalar, or undefined when JSON has no such word. */
export function plainJsonScalar(source: string): ScalarValue | undefined {
  if (source === 'null') return NULL;
  if (source === 'true' || source === 'false') return { kind: 'bool', value: source === 'true' };
  return JSON_NUMBER.test(source) ? { kind: 'number', value: source } : undefined;
}

function signed(sign: string, digits: string): bigint {
  const value = /^0[0-7]+$/.test(digits) ? BigInt(`0o${digits.slice(1)}`) : BigInt(digits);
  return sign === '-' ? -value : value;
}

/** How a protobuf field of type bool reads a text. */
export function boolOfText(text: string): boolean | undefined {
  const word = text.toLowerCase();
  if (['true', 't', 'yes', 'y', '1'].includes(word)) return true;
  return ['false', 'f', 'no', 'n', '0'].includes(word) ? false : undefined;
}

/** A whole number from a number or text token (`5`, `+5`, `0x5`, `1e3`), undefined when it is none. */
export function integerOfText(text: string): bigint | undefined {
  if (text.length > 64) return undefined;
  if (/^[+-]?\d+$/.test(text)) return BigInt(text.startsWith('+') ? text.slice(1) : text);
  const hex = /^([+-]?)(0[xX][0-9a-fA-F]+)$/.exec(text);
  if (hex !== null) return signed(hex[1], hex[2]);
  const value = floatOfText(text);
  return value !== undefined && Number.isSafeInteger(value) ? BigInt(value) : undefined;
}

/** A floating-point number from a number or text token, with NaN and Infinity as protobuf's JSON spells them. */
export function floatOfText(text: string): number | undefined {
  if (text === 'NaN') return NaN;
  if (text === 'Infinity') return Infinity;
  if (text === '-Infinity') return -Infinity;
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text) ? Number(text) : undefined;
}
