// Operators that read a header: %REQ(X?Y)%, %RESP(X)%, %TRAILER(X)%, and what Envoy takes out of the path.
import { FormatError } from './format_error.js';
import type { Operator } from './format_string.js';
import type { HeaderList, HeaderNeeds } from './header_needs.js';
import type { OperatorKind } from './operators.js';
import type { LogRecord } from './record.js';

const PATH = ':path';
const ORIGINAL_PATH = 'x-envoy-original-path';
const NAME = /^:?[!#$%&'*+.^_`|~0-9a-z-]+$/; // RFC 9110 5.6.2, or a pseudo-header

type Reader = (record: LogRecord) => string | null;

function reader(list: HeaderList, name: string, needs: HeaderNeeds, position: number): Reader {
  if (!name) return () => null;
  const lower = name.toLowerCase();
  if (!NAME.test(lower)) throw new FormatError(`"${name}" is no header name`, position);
  if (list === 'response' && lower === ':status') return (r) => (r.status === 0 ? null : String(r.status));
  const index = needs.need(list, list === 'request' && lower === 'host' ? ':authority' : lower);
  return (r) => r.header(index());
}

/** The first that is there of one header and its alternative (`X?Y`), through `change`. */
export function headerOperator(list: HeaderList, change?: (value: string) => string): OperatorKind {
  return {
    parameters: 'required',
    length: true,
    make(parameters, needs, position) {
      const names = parameters.split('?');
      if (names.length > 2)
        throw new FormatError(`"${parameters}" has more than one alternative`, position, 'X or X?Y');
      const [first, second = () => null] = names.map((name) => reader(list, name, needs, position));
      return (r) => {
        const value = first(r) ?? second(r);
        return value === null || change === undefined ? value : change(value);
      };
    },
  };
}

/** The path a request came with, or has now, or came with and else has. */
function pathReader(which: string, needs: HeaderNeeds, position: number): Reader | undefined {
  const now = reader('request', PATH, needs, position);
  const original = reader('request', ORIGINAL_PATH, needs, position);
  if (which === 'PATH') return now;
  if (which === 'ORIG') return original;
  return which === '' || which === 'ORIG_OR_PATH' ? (r) => original(r) ?? now(r) : undefined;
}

/** %PATH(WQ|NQ:ORIG|PATH|ORIG_OR_PATH)%: with or without the query. */
export const pathOperator: OperatorKind = {
  parameters: 'optional',
  length: true,
  make(parameters, needs, position): Operator {
    const [query = '', which = '', ...rest] = parameters.split(':');
    const path = pathReader(which, needs, position);
    if (!['', 'WQ', 'NQ'].includes(query) || path === undefined || rest.length > 0) {
      throw new FormatError(
        `"${parameters}" is no option of PATH`,
        position,
        'WQ or NQ, then :ORIG, :PATH or :ORIG_OR_PATH',
      );
    }
    if (query !== 'NQ') return path;
    return (r) => path(r)?.split('?', 1)[0] ?? null;
  },
};

function queryOf(path: string | null): string | null {
  const at = path === null ? -1 : path.indexOf('?');
  return path === null || at < 0 ? null : path.slice(at + 1).split('#', 1)[0];
}

/** %QUERY_PARAM(name)%: the first of that name, as it stands. */
export const queryParamOperator: OperatorKind = {
  parameters: 'required',
  length: true,
  make(name, needs, position): Operator {
    const path = pathReader('', needs, position) as Reader;
    return (r) => {
      for (const pair of queryOf(path(r))?.split('&') ?? []) {
        const equals = pair.indexOf('=');
        if (equals >= 0 && pair.slice(0, equals) === name) return pair.slice(equals + 1);
      }
      return null;
    };
  },
};

/** %QUERY_PARAMS%: the query as it stands. */
export const queryParamsOperator: OperatorKind = {
  parameters: 'optional',
  length: true,
  make(parameters, needs, position): Operator {
    if (parameters && parameters !== 'ORIG') {
      throw new FormatError(`weft does not have "${parameters}" of QUERY_PARAMS`, position, 'ORIG');
    }
    const path = pathReader('', needs, position) as Reader;
    return (r) => queryOf(path(r));
  },
};
