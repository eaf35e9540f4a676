// Access log filters: whether a record is written. One function per kind of filter; `undefined` is a kind that weft does not have.
import { LOG_DURATION } from '../../assembly/abi.js';
import { compilePattern, PatternError } from '../compile/regex/compile.js';
import { NOTHING, type Snapshot } from '../runtime/snapshot.js';
import type { HeaderNeeds } from './header_needs.js';
import type { ComparisonMessage, FilterMessage, HeaderMatcherMessage, StringMatcherMessage } from './messages.js';
import type { LogRecord } from './record.js';
import { flagBits } from './response_flags.js';
import { toBytes } from './utf8.js';

export type Filter = (record: LogRecord) => boolean;

/** A filter that weft cannot act on; `path` leads to it from the message. */
export class FilterError extends Error {
  constructor(
    readonly path: string,
    message: string,
  ) {
    super(message);
  }
}

/** What the runtime says when a record is looked at. */
export type RuntimeNow = () => Snapshot;

/** Throws FilterError. */
export function compileFilter(message: FilterMessage, needs: HeaderNeeds, runtime: RuntimeNow = () => NOTHING): Filter {
  if (message.status_code_filter) return statusFilter(message.status_code_filter.comparison, runtime);
  if (message.duration_filter) return durationFilter(message.duration_filter.comparison, runtime);
  // Envoy leaves out what its health check filter has answered; weft has no such filter, so nothing is left out.
  if (message.not_health_check_filter) return () => true;
  if (message.runtime_filter) return runtimeFilter(message.runtime_filter, needs, runtime);
  if (message.response_flag_filter) return flagFilter(message.response_flag_filter.flags);
  if (message.header_filter?.header) return headerFilter(message.header_filter.header, needs);
  if (message.and_filter) {
    const filters = several(message.and_filter.filters, 'and_filter', needs, runtime);
    return (r) => filters.every((filter) => filter(r));
  }
  if (message.or_filter) {
    const filters = several(message.or_filter.filters, 'or_filter', needs, runtime);
    return (r) => filters.some((filter) => filter(r));
  }
  throw new FilterError('', 'weft does not have this access log filter yet');
}

function several(messages: readonly FilterMessage[], name: string, needs: HeaderNeeds, runtime: RuntimeNow): Filter[] {
  return messages.map((message, i) => {
    try {
      return compileFilter(message, needs, runtime);
    } catch (error) {
      if (!(error instanceof FilterError)) throw error;
      const inner = error.path ? `.${error.path}` : '';
      throw new FilterError(`${name}.filters[${i}]${inner}`, error.message);
    }
  });
}

const COMPARISONS: readonly ((a: number, b: number) => boolean)[] = [
  (a, b) => a === b,
  (a, b) => a >= b,
  (a, b) => a <= b,
];

function comparison(message: ComparisonMessage | null | undefined, runtime: RuntimeNow): (n: number) => boolean {
  const compare = COMPARISONS[message?.op ?? 0];
  const { default_value: absent = 0, runtime_key: key = '' } = message?.value ?? {};
  if (key === '') return (n) => compare(n, absent);
  return (n) => compare(n, runtime().integer(key, absent));
}

const DENOMINATORS = [100, 10_000, 1_000_000]; // FractionalPercent.DenominatorType

// As Envoy: the runtime has a numerator for the denominator that stands here, and a request is in or out by the first eight digits of
// its x-request-id, so that all proxies on its way decide the same.
function runtimeFilter(
  { runtime_key, percent_sampled, use_independent_randomness }: NonNullable<FilterMessage['runtime_filter']>,
  needs: HeaderNeeds,
  runtime: RuntimeNow,
): Filter {
  const denominator = DENOMINATORS[percent_sampled?.denominator ?? 0];
  const absent = percent_sampled?.numerator ?? 0;
  const index = use_independent_randomness ? undefined : needs.need('request', 'x-request-id');
  return (r) => {
    const id = (index && r.header(index())?.slice(0, 8)) ?? '';
    const random = /^[0-9a-fA-F]{8}$/.test(id) ? Number.parseInt(id, 16) : Math.floor(Math.random() * 2 ** 48);
    return random % denominator < runtime().integer(runtime_key, absent);
  };
}

function statusFilter(message: ComparisonMessage | null | undefined, runtime: RuntimeNow): Filter {
  const matches = comparison(message, runtime);
  return (r) => matches(r.status);
}

function durationFilter(message: ComparisonMessage | null | undefined, runtime: RuntimeNow): Filter {
  const matches = comparison(message, runtime);
  return (r) => {
    const duration = r.time(LOG_DURATION);
    return duration !== null && matches(duration);
  };
}

function flagFilter(names: readonly string[]): Filter {
  const bits = flagBits(names);
  if (bits === undefined) throw new FilterError('response_flag_filter.flags', 'an unknown response flag');
  if (names.length === 0) return (r) => r.responseFlags !== 0;
  return (r) => (r.responseFlags & bits) !== 0;
}

/** Members of HeaderMatcher that say how the value is matched, and are not among those read here. */
const OTHER_MATCHES = ['range_match'];

function headerFilter(message: HeaderMatcherMessage, needs: HeaderNeeds): Filter {
  const other = OTHER_MATCHES.find((name) => message[name] !== null && message[name] !== undefined);
  if (other !== undefined)
    throw new FilterError(`header_filter.header.${other}`, 'weft does not match by this in access logs yet');
  const name = message.name.toLowerCase();
  const index = needs.need('request', name === 'host' ? ':authority' : name);
  const present = message.present_match ?? undefined;
  const matches = valueMatcher(message);
  const inverted = message.invert_match ?? false;
  const emptyWhenMissing = message.treat_missing_header_as_empty ?? false;
  return (r) => {
    const value = r.header(index()) ?? (emptyWhenMissing ? '' : null);
    if (matches === undefined) return ((value !== null) === (present ?? true)) !== inverted;
    return value !== null && matches(value) !== inverted; // Envoy: a missing header matches nothing, inverted or not
  };
}

function valueMatcher(message: HeaderMatcherMessage): ((value: string) => boolean) | undefined {
  if (message.string_match) return stringMatcher(message.string_match);
  if (message.safe_regex_match) return regexMatcher(message.safe_regex_match.regex);
  const { exact_match: exact, prefix_match: prefix, suffix_match: suffix, contains_match: contains } = message;
  return (exact ?? prefix ?? suffix ?? contains) ? stringMatcher({ exact, prefix, suffix, contains }) : undefined;
}

function stringMatcher(message: StringMatcherMessage): (value: string) => boolean {
  const fold = message.ignore_case ? (s: string): string => s.toLowerCase() : (s: string): string => s;
  const wanted = (s: string): string => fold(toBytes(s));
  if (typeof message.exact === 'string') {
    const exact = wanted(message.exact);
    return (value) => fold(value) === exact;
  }
  if (typeof message.prefix === 'string') {
    const prefix = wanted(message.prefix);
    return (value) => fold(value).startsWith(prefix);
  }
  if (typeof message.suffix === 'string') {
    const suffix = wanted(message.suffix);
    return (value) => fold(value).endsWith(suffix);
  }
  if (typeof message.contains === 'string') {
    const part = wanted(message.contains);
    return (value) => fold(value).includes(part);
  }
  if (message.safe_regex) return regexMatcher(message.safe_regex.regex);
  throw new FilterError('header_filter.header.string_match', 'weft does not match by this in access logs yet');
}

/** The whole value matches, as RE2::FullMatch; one step for each byte. */
function regexMatcher(pattern: string): (value: string) => boolean {
  const { dfa } = compiled(pattern);
  if (dfa === undefined)
    throw new FilterError('header_filter.header', 'the pattern is too large for an access log filter');
  const { classes, classCount, table, start, accepting } = dfa;
  return (value) => {
    let state = start;
    for (let i = 0; i < value.length; i++) state = table[state * classCount + classes[value.charCodeAt(i)]];
    return state >= accepting;
  };
}

function compiled(pattern: string): ReturnType<typeof compilePattern> {
  try {
    return compilePattern(pattern);
  } catch (error) {
    if (error instanceof PatternError) throw new FilterError('header_filter.header', error.message);
    throw error;
  }
}
