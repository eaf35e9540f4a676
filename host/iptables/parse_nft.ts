// `nft --json list table` → the words of render_nft.ts, to compare with. What no rule of ours says becomes words that equal none.
import { isObject } from '../agent/json_value.js';
import type { JsonObject } from '../agent/json_value.js';

export interface ListedTable {
  readonly chains: readonly { readonly name: string; readonly hook: string | undefined }[];
  readonly rules: readonly { readonly chain: string; readonly expressions: readonly string[] }[];
}

export function parseNft(text: string): ListedTable {
  const { nftables } = JSON.parse(text) as { nftables: JsonObject[] };
  const of = (kind: string): JsonObject[] => nftables.flatMap((each) => (isObject(each[kind]) ? [each[kind]] : []));
  return {
    chains: of('chain').map((chain) => ({
      name: String(chain.name),
      hook: chain.hook === undefined ? undefined : `type ${chain.type} hook ${chain.hook} priority ${chain.prio}`,
    })),
    rules: of('rule').map((rule) => ({
      chain: String(rule.chain),
      expressions: (rule.expr as unknown[]).filter((each) => !isCounter(each)).map(expression),
    })),
  };
}

const isCounter = (value: unknown): boolean => isObject(value) && 'counter' in value;

function expression(value: unknown): string {
  if (!isObject(value)) return `unknown ${JSON.stringify(value)}`;
  const [[kind, body]] = Object.entries(value);
  const inside = isObject(body) ? body : {};
  switch (kind) {
    case 'match':
      return match(inside);
    case 'mangle':
      return `${left(inside.key)} set ${isObject(inside.value) ? left(inside.value) : String(inside.value)}`;
    case 'redirect':
      return `redirect to :${inside.port}`;
    case 'tproxy':
      return `tproxy ${inside.family} to :${inside.port}`;
    case 'jump':
      return `jump ${inside.target}`;
    default:
      return body === null ? kind : `unknown ${JSON.stringify(value)}`;
  }
}

function match({ op, left: what, right: value }: JsonObject): string {
  const words = left(what);
  if (words === 'meta iifname' || words === 'meta oifname') return `${words.slice(5)}${negation(op)} "${value}"`;
  return `${words}${negation(op)} ${right(value, words)}`;
}

const negation = (op: unknown): string => (op === '!=' ? ' !=' : op === '==' || op === 'in' ? '' : ` ${op}`);

function left(value: unknown): string {
  if (!isObject(value)) return `unknown ${JSON.stringify(value)}`;
  const [[kind, body]] = Object.entries(value);
  const inside = isObject(body) ? body : {};
  if (kind === 'payload') return `${inside.protocol} ${inside.field}`;
  return kind === 'meta' || kind === 'ct' ? `${kind} ${inside.key}` : `unknown ${JSON.stringify(value)}`;
}

const FAMILY_NUMBERS: Readonly<Record<string, string>> = { 2: 'ipv4', 10: 'ipv6' };
const PROTOCOL_NUMBERS: Readonly<Record<string, string>> = { 6: 'tcp', 17: 'udp' };

function right(value: unknown, words: string): string {
  if (words === 'meta nfproto') return FAMILY_NUMBERS[String(value)] ?? String(value);
  if (words === 'meta l4proto') return PROTOCOL_NUMBERS[String(value)] ?? String(value);
  if (words === 'ct state') return states(value);
  if (isObject(value) && isObject(value.prefix)) return `${value.prefix.addr}/${value.prefix.len}`;
  if (isObject(value) && Array.isArray(value.set))
    return `{ ${(value.set as number[]).toSorted((a, b) => a - b).join(', ')} }`;
  const isAddress = /^ip6? [sd]addr$/.test(words);
  return isAddress ? `${value}/${words.startsWith('ip6') ? 128 : 32}` : String(value);
}

const STATE_BITS: Readonly<Record<string, string>> = { 1: 'invalid', 2: 'established', 4: 'related' };

/** Names in the order of ours; numeric listings give the kernel's bits. */
function states(value: unknown): string {
  const all = (Array.isArray(value) ? value : [value]).map((each) => STATE_BITS[String(each)] ?? each);
  const known = ['related', 'established', 'invalid'].filter((state) => all.includes(state));
  return known.length === all.length ? known.join(',') : JSON.stringify(value);
}
