// What a value from outside may look like. A grammar turns a text into a checked value or says why not; nothing that the
// injector writes into an argument, a variable or YAML has passed by one.
import { isIP } from 'node:net';
import { parseDuration } from '../agent/variable.js';
import { parseBool } from '../config/parse_bool.js';
import { INTERFACE_NAME } from '../iptables/grammar.js';
import { isTooDeep } from './pod.js';

/** Why a text is not of the grammar: a clause, or nothing where what is allowed says it all. */
export class Refusal {
  constructor(readonly reason: string) {}
}

export interface Grammar<T> {
  /** What is allowed, for messages and the documentation. */
  readonly allowed: string;
  parse(text: string): T | Refusal;
}

const MAX_LIST = 4096;
/** As many as `weft iptables` takes. */
const MAX_ITEMS = 512;

function pattern(allowed: string, expression: RegExp, maximum = 253): Grammar<string> {
  return {
    allowed,
    parse: (text) => (text.length <= maximum && expression.test(text) ? text : new Refusal('')),
  };
}

function choice<const T extends string>(...words: readonly T[]): Grammar<T> {
  return {
    allowed: `one of ${words.join(', ')}`,
    parse: (text) => words.find((word) => word === text) ?? new Refusal(''),
  };
}

/** A comma separated list; spaces around the items are dropped, an empty text is an empty list. */
function list<T>(item: Grammar<T>, allowed: string): Grammar<readonly T[]> {
  return {
    allowed,
    parse(text) {
      if (text.length > MAX_LIST) return new Refusal(`it is longer than ${MAX_LIST} characters`);
      if (trimSpaces(text) === '') return [];
      const parts = text.split(',');
      if (parts.length > MAX_ITEMS) return new Refusal(`it has more than ${MAX_ITEMS} items`);
      const items = parts.map((part) => item.parse(trimSpaces(part)));
      return (items.find((each) => each instanceof Refusal) as Refusal | undefined) ?? (items as T[]);
    },
  };
}

/** Spaces only: a line break in a list is not a matter of layout. */
function trimSpaces(text: string): string {
  return text.replace(/^ +| +$/g, '');
}

function integer(minimum: number, maximum: number): Grammar<number> {
  const allowed = `a whole number from ${minimum} to ${maximum}`;
  return {
    allowed,
    parse(text) {
      if (!/^(0|[1-9]\d{0,9})$/.test(text)) return new Refusal(`${quote(text)} is not a whole number`);
      const value = Number(text);
      return value < minimum || value > maximum ? new Refusal(`${value} is out of range`) : value;
    },
  };
}

export const BOOLEAN: Grammar<boolean> = {
  allowed: 'true or false',
  parse: (text) => parseBool(text) ?? new Refusal(''),
};

export const INTERCEPTION_MODE = choice('REDIRECT', 'TPROXY', 'NONE');
export type InterceptionMode = 'REDIRECT' | 'TPROXY' | 'NONE';

/** Counts of the kubelet's probes are int32. */
export const COUNT = integer(1, 2147483647);
export const SECONDS = integer(0, 2147483647);
export const PORT = integer(1, 65535);
export const PORT_OR_NONE = integer(0, 65535);
export const HISTOGRAM_BINS = integer(1, 46082);

export const PORTS = list(PORT, 'ports from 1 to 65535, comma separated');

/** `*` is all ports. */
export const PORTS_OR_ALL: Grammar<'*' | readonly number[]> = {
  allowed: `* or ${PORTS.allowed}`,
  parse: (text) => (text === '*' ? '*' : PORTS.parse(text)),
};

const CIDR: Grammar<string> = {
  allowed: 'a CIDR such as 10.0.0.0/8 or fd00::/8',
  parse(text) {
    const [address, bits, ...rest] = text.split('/');
    const version = address.includes('%') ? 0 : isIP(address);
    if (version === 0 || rest.length > 0) return new Refusal(`${quote(text)} is not a CIDR`);
    if (bits === undefined) {
      return new Refusal(`${quote(text)} has no prefix length (did you mean ${address}/${version === 4 ? 32 : 128}?)`);
    }
    const isLength = /^(0|[1-9]\d{0,2})$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128);
    return isLength ? text : new Refusal(`${quote(text)} has a wrong prefix length`);
  },
};

export const CIDRS = list(CIDR, 'CIDRs such as 10.0.0.0/8 or fd00::/8, comma separated');

/** `*` is every address. */
export const CIDRS_OR_ALL: Grammar<'*' | readonly string[]> = {
  allowed: `* or ${CIDRS.allowed}`,
  parse: (text) => (text === '*' ? '*' : CIDRS.parse(text)),
};

const INTERFACE = pattern('an interface name', INTERFACE_NAME);
export const INTERFACES = list(INTERFACE, 'interface names of at most 15 characters, comma separated');

/** A Kubernetes quantity that is not negative: 100m, 1.5, 128Mi, 1e3. */
export const QUANTITY: Grammar<string> = {
  allowed: 'a quantity such as 100m, 2, 128Mi or 1Gi',
  parse: (text) => (quantityOf(text) === undefined ? new Refusal(`${quote(text)} is not a quantity`) : text),
};

const QUANTITY_FORM = /^(\d{1,15}(?:\.\d{0,9})?|\.\d{1,9})(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d{1,2}))?$/;
const DECIMAL_SUFFIX = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const BINARY_SUFFIX = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

/** The number that a quantity stands for, near enough to compare two of them. */
export function quantityOf(text: string): number | undefined {
  const [whole, digits, suffix = '', exponent] = QUANTITY_FORM.exec(text) ?? [];
  if (whole === undefined) return undefined;
  if (exponent !== undefined) return Number(digits) * 10 ** Number(exponent);
  const power = BINARY_SUFFIX.indexOf(suffix);
  return Number(digits) * (power > 0 ? 1024 ** power : 1000 ** (DECIMAL_SUFFIX.indexOf(suffix) - 3));
}

const ENVOY_LEVELS = ['trace', 'debug', 'info', 'warning', 'warn', 'error', 'critical', 'off'] as const;
export const LOG_LEVEL = choice(...ENVOY_LEVELS);

/** `upstream:debug,http:trace`. */
export const COMPONENT_LOG_LEVELS = pattern(
  'COMPONENT:LEVEL pairs, comma separated, such as upstream:debug,http:trace',
  new RegExp(`^[a-z0-9_]{1,40}:(${ENVOY_LEVELS.join('|')})(,[a-z0-9_]{1,40}:(${ENVOY_LEVELS.join('|')}))*$`),
  1024,
);

const AGENT_LEVEL = '(none|error|warn|warning|info|debug|trace|fatal)';
/** `info`, or by scope: `default:info,xds:debug`. */
export const AGENT_LOG_LEVELS = pattern(
  'a level, or SCOPE:LEVEL pairs, comma separated, such as default:info,xds:debug',
  new RegExp(`^([A-Za-z0-9_-]{1,40}:)?${AGENT_LEVEL}(,[A-Za-z0-9_-]{1,40}:${AGENT_LEVEL})*$`),
  1024,
);

/** A container image by the grammar of OCI references: registry, path, tag, digest. */
const IMAGE_PART = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const IMAGE_HOST = '[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\\d{1,5})?';
export const IMAGE = pattern(
  'an image such as registry/name:tag or name@sha256:…',
  new RegExp(
    `^(?:${IMAGE_HOST}/)?${IMAGE_PART}(?:/${IMAGE_PART})*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$`,
  ),
  512,
);
export const IMAGE_TYPE = choice('default', 'debug', 'distroless');
export type ImageType = 'default' | 'debug' | 'distroless';

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
export const DNS_LABEL = pattern('a name of lower-case letters, digits and dashes', new RegExp(`^${LABEL}$`), 63);
export const DNS_NAME = pattern('a DNS name in lower case', new RegExp(`^${LABEL}(?:\\.${LABEL})*$`));
export const HOST_PORT = pattern('HOST:PORT', new RegExp(`^${LABEL}(?:\\.${LABEL})*:\\d{1,5}$`));
/** What a label of Kubernetes may hold. */
export const LABEL_VALUE = pattern(
  'letters, digits, dashes, dots and underscores, at most 63, a letter or digit at either end, or nothing',
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/,
  63,
);

export const TEMPLATE_NAMES: Grammar<readonly string[]> = (() => {
  const names = list(DNS_LABEL, 'names of templates, comma separated');
  return {
    allowed: names.allowed,
    parse: (text) => (trimSpaces(text) === '' ? new Refusal('it names no template') : names.parse(text)),
  };
})();

/** A duration as Go and protobuf write it, and the agent reads it: 5s, 1m30s, 0.25s. */
export const DURATION: Grammar<string> = {
  allowed: 'a duration such as 5s, 250ms or 1m30s, at most a year',
  parse: (text) => (text.length <= 32 && parseDuration(text) !== undefined ? text : new Refusal('')),
};

const WORD = pattern('a name', /^[A-Za-z0-9_.-]{1,128}$/);
export const STAT_TAGS = list(WORD, 'names of tags, comma separated');
const STAT_PART = pattern('printable text without commas', /^[\x21-\x2b\x2d-\x7e]{1,256}$/, 256);
export const STAT_PARTS = list(STAT_PART, 'printable text, comma separated');
export const COMPRESSION = choice('brotli', 'gzip', 'zstd');

export interface ScrapeTarget {
  readonly port: number;
  readonly path: string;
}

const SCRAPE_TARGET: Grammar<ScrapeTarget> = {
  allowed: 'PORT:PATH',
  parse(text) {
    const [, digits, path] = /^(\d{1,5}):(\/[\x21-\x2b\x2d-\x7e]{0,1023})$/.exec(text) ?? [];
    if (digits === undefined) return new Refusal(`${quote(text)} is not PORT:PATH`);
    const port = PORT.parse(digits);
    return port instanceof Refusal ? port : { port, path };
  },
};
export const SCRAPE_TARGETS = list(SCRAPE_TARGET, 'PORT:PATH, comma separated, such as 8080:/metrics,9090:/stats');

/** Names of environment variables as C writes them. */
export const VARIABLE = pattern('letters, digits and underscores, not a digit first', /^[A-Za-z_][A-Za-z0-9_]{0,127}$/);

/** A text on one line for a message: control characters escaped, at most 60 characters. */
export function quote(text: string): string {
  const shown = JSON.stringify(text.length <= 60 ? text : `${text.slice(0, 60)}…`);
  return shown.replace(/[\u007f-\u009f\u2028\u2029]/g, (character) => `\\u${hex(character)}`);
}

function hex(character: string): string {
  return character.charCodeAt(0).toString(16).padStart(4, '0');
}

export function hasControlCharacter(text: string): boolean {
  // eslint-disable-next-line no-control-regex
  return /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(text);
}

const MAX_JSON = 16_384;
export const MAX_DEPTH = 32;

/** JSON from outside: bounded, and no control characters in any text of it. */
export function parseJson(text: string): unknown {
  if (text.length > MAX_JSON) return new Refusal(`it is longer than ${MAX_JSON} characters`);
  try {
    const value: unknown = JSON.parse(text);
    return isTooDeep(value, MAX_DEPTH) ? new Refusal('it is nested too deeply') : value;
  } catch {
    return new Refusal('it is not JSON');
  }
}

/** Buckets of histograms by prefix, as JSON: rising numbers. */
export const HISTOGRAM_BUCKETS: Grammar<string> = {
  allowed: 'JSON such as {"istiocustom":[1,5,10]} with rising numbers',
  parse(text) {
    const value = parseJson(text);
    if (value instanceof Refusal) return value;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return new Refusal('it is not an object');
    return Object.values(value).every(isRising) ? text : new Refusal('its values are not lists of rising numbers');
  },
};

function isRising(list: unknown): boolean {
  if (!Array.isArray(list) || list.length === 0) return false;
  return list.every((each, i) => typeof each === 'number' && (i === 0 || each > list[i - 1]));
}
