// %START_TIME(…)%: strftime as Envoy has it (absl's conversions with Envoy's own %s, %f and %1f to %9f), in UTC or in local time.

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/** A point in time taken apart. `ms` is Unix milliseconds, `offset` minutes east of UTC. */
interface Moment {
  ms: number;
  offset: number;
  date: Date; // its UTC fields are the civil time at `offset`
}

type Part = string | ((moment: Moment) => string);

const two = (n: number): string => String(n).padStart(2, '0');
const blank = (n: number): string => String(n).padStart(2, ' ');
const hour12 = (m: Moment): number => m.date.getUTCHours() % 12 || 12;
const fraction = (m: Moment, digits: number): string => nanoseconds(m).slice(0, digits);
const seconds = (m: Moment): string => two(m.date.getUTCSeconds());

function nanoseconds({ ms }: Moment): string {
  return String(((ms % 1000) + 1000) % 1000)
    .padStart(3, '0')
    .padEnd(9, '0');
}

function offsetText({ offset }: Moment, colon: string): string {
  const minutes = Math.abs(offset);
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${colon}${two(minutes % 60)}`;
}

function dayOfYear({ date }: Moment): number {
  return Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000) + 1;
}

/** Week number with `first` (0 Sunday, 1 Monday) as the first day; days before the first such day are in week 0. */
function weekOfYear(m: Moment, first: number): number {
  return Math.floor((dayOfYear(m) - 1 + 7 - ((m.date.getUTCDay() - first + 7) % 7)) / 7);
}

/** ISO 8601 year and week: that of the week's Thursday. */
function isoWeek({ date }: Moment): { year: number; week: number } {
  const thursday = new Date(date.getTime());
  thursday.setUTCDate(thursday.getUTCDate() + 4 - (thursday.getUTCDay() || 7));
  const year = thursday.getUTCFullYear();
  return { year, week: Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / 604_800_000) + 1 };
}

const CONVERSIONS: ReadonlyMap<string, Part> = new Map<string, Part>([
  ['%', '%'],
  ['a', (m) => DAYS[m.date.getUTCDay()].slice(0, 3)],
  ['A', (m) => DAYS[m.date.getUTCDay()]],
  ['b', (m) => MONTHS[m.date.getUTCMonth()].slice(0, 3)],
  ['B', (m) => MONTHS[m.date.getUTCMonth()]],
  ['h', (m) => MONTHS[m.date.getUTCMonth()].slice(0, 3)],
  ['C', (m) => two(Math.floor(m.date.getUTCFullYear() / 100))],
  ['d', (m) => two(m.date.getUTCDate())],
  ['e', (m) => blank(m.date.getUTCDate())],
  ['f', (m) => nanoseconds(m)],
  ['g', (m) => two(isoWeek(m).year % 100)],
  ['G', (m) => String(isoWeek(m).year)],
  ['H', (m) => two(m.date.getUTCHours())],
  ['I', (m) => two(hour12(m))],
  ['j', (m) => String(dayOfYear(m)).padStart(3, '0')],
  ['k', (m) => blank(m.date.getUTCHours())],
  ['l', (m) => blank(hour12(m))],
  ['m', (m) => two(m.date.getUTCMonth() + 1)],
  ['M', (m) => two(m.date.getUTCMinutes())],
  ['p', (m) => (m.date.getUTCHours() < 12 ? 'AM' : 'PM')],
  ['P', (m) => (m.date.getUTCHours() < 12 ? 'am' : 'pm')],
  ['s', (m) => String(Math.floor(m.ms / 1000))],
  ['S', seconds],
  ['t', '\t'],
  ['u', (m) => String(m.date.getUTCDay() || 7)],
  ['U', (m) => two(weekOfYear(m, 0))],
  ['V', (m) => two(isoWeek(m).week)],
  ['w', (m) => String(m.date.getUTCDay())],
  ['W', (m) => two(weekOfYear(m, 1))],
  ['y', (m) => two(m.date.getUTCFullYear() % 100)],
  ['Y', (m) => String(m.date.getUTCFullYear())],
  ['z', (m) => offsetText(m, '')],
  ['Z', (m) => (m.offset === 0 ? 'UTC' : offsetText(m, ''))],
  ['Ez', (m) => offsetText(m, ':')],
  ['EY', (m) => String(m.date.getUTCFullYear())],
  ['Ey', (m) => two(m.date.getUTCFullYear() % 100)],
  ['E4Y', (m) => String(m.date.getUTCFullYear()).padStart(4, '0')],
  ['E*S', (m) => (m.ms % 1000 ? `${seconds(m)}.${nanoseconds(m).replace(/0+$/, '')}` : seconds(m))],
  ['E*f', (m) => nanoseconds(m).replace(/0+$/, '') || '0'],
]);

/** Conversions that stand for others. */
const COMPOSED: ReadonlyMap<string, string> = new Map([
  ['c', '%a %b %e %H:%M:%S %Y'],
  ['D', '%m/%d/%y'],
  ['F', '%Y-%m-%d'],
  ['r', '%I:%M:%S %p'],
  ['R', '%H:%M'],
  ['T', '%H:%M:%S'],
  ['x', '%m/%d/%y'],
  ['X', '%H:%M:%S'],
]);

const CONVERSION = /%(E\*[Sf]|E\d{1,2}[Sf]|E4Y|E[zYy]|[1-9]f|.)/g;

function conversion(name: string): Part[] {
  const composed = COMPOSED.get(name);
  if (composed !== undefined) return parse(composed);
  const known = CONVERSIONS.get(name);
  if (known !== undefined) return [known];
  if (/^[1-9]f$/.test(name)) return [(m) => fraction(m, Number(name[0]))];
  const digits = /^E(\d+)([Sf])$/.exec(name);
  if (digits === null) return [`%${name}`]; // as it stands
  const n = Math.min(Number(digits[1]), 9);
  if (digits[2] === 'f') return [(m) => fraction(m, n)];
  return [(m) => (n === 0 ? seconds(m) : `${seconds(m)}.${fraction(m, n)}`)];
}

function parse(format: string): Part[] {
  // Envoy puts its own digits and seconds in first: "%%3f" is a percent sign, then "140".
  const parts: Part[] = [];
  let end = 0;
  for (const match of format.matchAll(CONVERSION)) {
    if (match.index > end) parts.push(format.slice(end, match.index));
    parts.push(...conversion(match[1]));
    end = match.index + match[0].length;
  }
  if (end < format.length) parts.push(format.slice(end));
  return parts;
}

/** Compiles a format; the result takes Unix milliseconds. */
export function timeFormat(format: string, local: boolean): (ms: number) => string {
  if (format === ISO_TIME && !local) return (ms) => new Date(ms).toISOString();
  const parts = parse(envoyFirst(format));
  return (ms) => {
    const offset = local ? -new Date(ms).getTimezoneOffset() : 0;
    const moment = { ms, offset, date: new Date(ms + offset * 60_000) };
    return parts.map((part) => (typeof part === 'string' ? part : part(moment))).join('');
  };
}

// "%%3f" and "%%s": Envoy replaces %3f and %s before it looks for pairs of percent signs. Written so that ours reads it the same.
function envoyFirst(format: string): string {
  return format.replace(/%(%(?:[1-9]f|f|s))/g, '%%$1');
}

/** The default of %START_TIME%. */
export const ISO_TIME = '%Y-%m-%dT%H:%M:%E3SZ';
/** The default of %START_TIME_LOCAL%. */
export const ISO_TIME_LOCAL = '%Y-%m-%dT%H:%M:%E3S%z';
