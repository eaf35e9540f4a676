// The value of a key, with all the ways in which it may be read, as Envoy reads it.
import { structText, type RuntimeValue } from './value.js';

/** FractionalPercent: the share of requests is numerator / denominator. */
export interface Fraction {
  readonly numerator: number;
  readonly denominator: 100 | 10_000 | 1_000_000;
}

export interface RuntimeEntry {
  /** As /runtime shows it. */
  readonly raw: string;
  readonly boolean?: boolean;
  /** Whole, 0 to 2^64. */
  readonly integer?: number;
  readonly double?: number;
  readonly fraction?: Fraction;
}

const INT_MAX = 2 ** 31 - 1;
const UINT64_MAX = 2 ** 64; // as a double, which is how Envoy compares
const DENOMINATORS: ReadonlyMap<string, Fraction['denominator']> = new Map([
  ['HUNDRED', 100],
  ['TEN_THOUSAND', 10_000],
  ['MILLION', 1_000_000],
]);

/** `text`: what was written, where that is known. */
export function runtimeEntry(value: RuntimeValue, text = ''): RuntimeEntry {
  switch (value.kind) {
    case 'number':
      return { raw: text || sixDigits(value.value), ...numberReadings(value.value) };
    case 'bool':
      return { raw: text || String(value.value), boolean: value.value };
    case 'string': {
      const raw = text || value.value;
      const number = parseDouble(raw);
      return { raw, ...(number === undefined ? {} : numberReadings(number)) };
    }
    case 'struct': {
      const fraction = readFraction(value.fields);
      return { raw: text || structText(value.fields), ...(fraction && { fraction }) };
    }
    default:
      return { raw: text };
  }
}

function numberReadings(value: number): Pick<RuntimeEntry, 'boolean' | 'integer' | 'double'> {
  return {
    double: value,
    ...(value < INT_MAX && value >= -(2 ** 31) && Number.isInteger(value) && { boolean: value !== 0 }),
    ...(value >= 0 && value <= UINT64_MAX && { integer: Math.trunc(value) }),
  };
}

// As Envoy: a numerator that is no number counts as 0, and anything else that is not of a FractionalPercent makes it none.
function readFraction(fields: ReadonlyMap<string, RuntimeValue>): Fraction | undefined {
  let numerator = 0;
  let denominator: Fraction['denominator'] | undefined = 100;
  for (const [name, value] of fields) {
    if (name === 'numerator') {
      if (value.kind === 'number') numerator = value.value >>> 0;
    } else if (name === 'denominator' && value.kind === 'string') {
      denominator = DENOMINATORS.get(value.value);
      if (denominator === undefined) return undefined;
    } else return undefined;
  }
  return { numerator, denominator };
}

const DECIMAL = /^-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const HEXADECIMAL = /^(-?)0[xX]([0-9a-fA-F]*)(?:\.([0-9a-fA-F]*))?(?:[pP]([+-]?\d+))?$/;

/** A floating-point number as absl::SimpleAtod takes it. */
export function parseDouble(text: string): number | undefined {
  const trimmed = text.replace(/^[ \t-\r]+|[ \t-\r]+$/g, '').replace(/^\+(?!-)/, '');
  if (DECIMAL.test(trimmed)) return Number(trimmed);
  if (/^-?inf(?:inity)?$/i.test(trimmed)) return trimmed.startsWith('-') ? -Infinity : Infinity;
  if (/^-?nan(?:\([a-z0-9_]*\))?$/i.test(trimmed)) return NaN;
  const hex = HEXADECIMAL.exec(trimmed);
  if (hex === null) return undefined;
  const [, sign, whole, fraction = '', exponent = '0'] = hex;
  if (whole.length + fraction.length === 0 || trimmed.length > 64) return undefined;
  const magnitude = Number(BigInt(`0x${whole}${fraction}`)) * 2 ** (Number(exponent) - 4 * fraction.length);
  return sign === '-' ? -magnitude : magnitude;
}

/** A number with six significant digits, as absl::StrCat and printf's %g write it. */
export function sixDigits(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [mantissa, power] = value.toExponential(5).split('e');
  const exponent = Number(power);
  if (exponent >= -4 && exponent < 6) return withoutZeros(value.toFixed(5 - exponent));
  const digits = String(Math.abs(exponent)).padStart(2, '0');
  return `${withoutZeros(mantissa)}e${exponent < 0 ? '-' : '+'}${digits}`;
}

function withoutZeros(number: string): string {
  return number.includes('.') ? number.replace(/\.?0+$/, '') : number;
}
