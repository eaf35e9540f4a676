// A virtual host: its routes with their ranks, laid into the path indices.
import type { envoy } from '../../../proto/generated/api.js';
import { wrapped } from '../../config/message.js';
import { compileAction, type RoutePlace } from './action.js';
import { lowerAscii, oneofOf, type RouteBuilder } from './builder.js';
import { headerGroups, type HeaderGroups, type HeaderOpsTable } from './header_ops.js';
import { compileConditions } from './matchers.js';
import { readPolicies, type PolicyLevel, type PolicyTable } from './policies.js';
import { CandidateQueue, PathIndex, type PathKind } from './path_index.js';

type VirtualHost = envoy.config.route.v3.VirtualHost;
type RouteMatch = envoy.config.route.v3.RouteMatch;

/** What all virtual hosts of a configuration share. */
export interface ConfigPlace {
  readonly levels: readonly HeaderGroups[];
  readonly ops: HeaderOpsTable;
  /** What the levels above say to filters, the most specific first. */
  readonly policyLevels: readonly PolicyLevel[];
  readonly policies: PolicyTable;
  readonly mostSpecificWins: boolean;
  readonly validateClusters: boolean;
  readonly bodyLimit: number;
  readonly ignorePathParameters: boolean;
}

/** Where a route stands in the index. */
interface PathPlace {
  readonly kind: PathKind | 'connect';
  readonly text: string;
  readonly ignoreCase: boolean;
  readonly regex: number;
  readonly matched: number | 'path';
}

const KINDS = [
  'prefix',
  'path',
  'safe_regex',
  'connect_matcher',
  'path_separated_prefix',
  'path_match_policy',
] as const;

function literal(kind: PathKind, text: string, match: RouteMatch): PathPlace {
  const ignoreCase = !wrapped(match.case_sensitive, true);
  const matched = Buffer.byteLength(text);
  return { kind, text: ignoreCase ? lowerAscii(text) : text, ignoreCase, regex: 0, matched };
}

function pathPlace(b: RouteBuilder, match: RouteMatch, path: string): PathPlace | undefined {
  switch (oneofOf(match, 'path_specifier', KINDS)) {
    case 'prefix':
      return literal('prefix', match.prefix, match);
    case 'path':
      return literal('exact', match.path, match);
    case 'path_separated_prefix':
      return literal('segment', match.path_separated_prefix, match);
    case 'connect_matcher':
      return { kind: 'connect', text: '', ignoreCase: false, regex: 0, matched: 'path' };
    case 'safe_regex': {
      const regex = b.regex(match.safe_regex?.regex ?? '', `${path}.safe_regex.regex`);
      if (regex === undefined) return undefined;
      return { kind: 'prefix', text: regex.prefix, ignoreCase: false, regex: regex.address, matched: 'path' };
    }
    default:
      return b.report('WEFT1304', path, 'this path match is not supported yet', {
        allowed: KINDS.slice(0, 5).join(', '),
      });
  }
}

/** The address of the VirtualHost. */
export function compileVirtualHost(b: RouteBuilder, vh: VirtualHost, config: ConfigPlace, path: string): number {
  const x = b.core.exports;
  const name = b.text(vh.name);
  const routes = vh.routes ?? [];
  const at = b.made(x.virtualHostNew(b.object, name.address, name.length, vh.require_tls ?? 0, routes.length));
  const own = headerGroups(b, vh, path);
  const ownPolicies = readPolicies(b, vh.typed_per_filter_config, path);
  const paths = new PathIndex();
  const pathsIgnoreCase = new PathIndex();
  const connect = new CandidateQueue();
  let connects = 0;
  routes.forEach((route, rank) => {
    const at_ = `${path}.routes[${rank}]`;
    const match = route.match ?? ({} as RouteMatch);
    const found = pathPlace(b, match, `${at_}.match`);
    if (found === undefined) return;
    const hasKeys = (route.route?.weighted_clusters?.runtime_key_prefix ?? '') !== '';
    const conditions = compileConditions(b, match, found.regex, `${at_}.match`, hasKeys);
    const place: RoutePlace = {
      ...config,
      index: rank,
      virtualHost: at,
      path: at_,
      levels: [headerGroups(b, route, at_), own, ...config.levels],
      policyLevels: [readPolicies(b, route.typed_per_filter_config, at_), ownPolicies, ...config.policyLevels],
      matched: found.matched,
      isConnect: found.kind === 'connect',
    };
    const candidate = { rank, conditions, route: compileAction(b, route, place) };
    if (hasKeys) x.conditionsSetWeighted(conditions, candidate.route);
    if (found.kind === 'connect') {
      connect.add(candidate);
      connects++;
    } else (found.ignoreCase ? pathsIgnoreCase : paths).add(found.kind, found.text, candidate);
  });
  x.virtualHostSetIndex(at, paths.emit(b), pathsIgnoreCase.emit(b), connects > 0 ? connect.emit(b) : 0);
  return at;
}
