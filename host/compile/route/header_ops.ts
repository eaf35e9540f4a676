// request_headers_to_add / _remove and their response twins -> HeaderGroups, one for each level, shared by its routes.
import type { envoy } from '../../../proto/generated/api.js';
import { lowerAscii, type RouteBuilder } from './builder.js';

type HeaderValueOption = envoy.config.core.v3.HeaderValueOption;

const OP_REMOVE = 4;
/** HeaderValueOption.HeaderAppendAction; the core's numbers are the API's. */
const APPEND = 0;
const OVERWRITE = 2;

export interface HeaderChanges {
  request_headers_to_add?: HeaderValueOption[];
  request_headers_to_remove?: string[];
  response_headers_to_add?: HeaderValueOption[];
  response_headers_to_remove?: string[];
}

/** Addresses of HeaderGroups, 0 = nothing to do. */
export interface HeaderGroups {
  readonly request: number;
  readonly response: number;
}

interface Addition {
  readonly name: string;
  readonly value: string;
  readonly action: number;
}

/** The text of a header value: `%%` is a per cent sign; command operators are not supported yet. */
function literalValue(b: RouteBuilder, value: string, path: string): string | undefined {
  const operator = value.replaceAll('%%', '').match(/%[^%]*%?/);
  if (operator === null) return value.replaceAll('%%', '%');
  return b.report('WEFT1301', path, 'substitution in header values is not supported yet', {
    value,
    allowed: 'a literal, with %% for a per cent sign',
  });
}

function isForbidden(name: string): boolean {
  return name.startsWith(':') || lowerAscii(name) === 'host';
}

function addition(b: RouteBuilder, option: HeaderValueOption, path: string): Addition | undefined {
  const name = option.header?.key ?? '';
  if (isForbidden(name)) {
    return b.report('WEFT1408', `${path}.header.key`, 'a pseudo-header or host may not be set', { value: name });
  }
  const raw = option.header?.raw_value;
  const written = raw && raw.length > 0 ? Buffer.from(raw).toString('utf8') : (option.header?.value ?? '');
  const value = literalValue(b, written, `${path}.header.value`);
  if (value === undefined) return undefined;
  if (/[\0\r\n]/.test(value)) {
    return b.report('WEFT1408', `${path}.header.value`, 'a header value has no NUL, CR or LF', { value });
  }
  if (value === '' && !option.keep_empty_value) return undefined;
  const append = option.append?.value;
  const action = append === undefined ? (option.append_action ?? APPEND) : append ? APPEND : OVERWRITE;
  return { name: lowerAscii(name), value, action };
}

function group(
  b: RouteBuilder,
  add: readonly HeaderValueOption[],
  remove: readonly string[],
  path: string,
  kind: string,
): number {
  const additions = add.map((o, i) => addition(b, o, `${path}.${kind}_headers_to_add[${i}]`)).filter((a) => !!a);
  remove.forEach((name, i) => {
    if (isForbidden(name)) {
      const at = `${path}.${kind}_headers_to_remove[${i}]`;
      b.report('WEFT1408', at, 'a pseudo-header or host may not be removed', { value: name });
    }
  });
  return headerGroup(b, remove, additions);
}

/** A HeaderGroup that first removes and then adds; 0 when there is nothing to do. */
export function headerGroup(b: RouteBuilder, remove: readonly string[], additions: readonly Addition[] = []): number {
  const count = remove.length + additions.length;
  if (count === 0) return 0;
  const x = b.core.exports;
  const address = b.made(x.headerGroupNew(b.object, count, remove.length));
  remove.forEach((name, i) => {
    const n = b.headerName(name);
    x.headerOpSet(address, i, OP_REMOVE, n.id, n.address, n.length, 0, 0);
  });
  additions.forEach(({ name, value, action }, i) => {
    const n = b.headerName(name);
    const v = b.text(value);
    x.headerOpSet(address, remove.length + i, action, n.id, n.address, n.length, v.address, v.length);
  });
  return address;
}

/** The groups of one level. */
export function headerGroups(b: RouteBuilder, level: HeaderChanges, path: string): HeaderGroups {
  return {
    request: group(b, level.request_headers_to_add ?? [], level.request_headers_to_remove ?? [], path, 'request'),
    response: group(b, level.response_headers_to_add ?? [], level.response_headers_to_remove ?? [], path, 'response'),
  };
}

/** Groups in the order of evaluation -> HeaderOps; equal lists are kept once. */
export class HeaderOpsTable {
  private readonly known = new Map<string, number>();

  constructor(private readonly b: RouteBuilder) {}

  address(groups: readonly number[]): number {
    const used = groups.filter((g) => g !== 0);
    if (used.length === 0) return 0;
    const key = used.join();
    let ops = this.known.get(key);
    if (ops === undefined) {
      ops = this.b.made(this.b.core.exports.headerOpsNew(this.b.object, used.length, this.b.words(used)));
      this.known.set(key, ops);
    }
    return ops;
  }
}
