// envoy.config.route.v3.RouteConfiguration -> a RouteConfig object of the core, not yet published.
import type { envoy } from '../../proto/generated/api.js';
import { hasErrors, type Finding } from '../config/finding.js';
import { wrapped } from '../config/message.js';
import type { Core } from '../core/load.js';
import { DEFAULT_BODY_LIMIT } from './route/action.js';
import { lowerAscii, RouteBuilder, type RouteCompileContext } from './route/builder.js';
import { headerGroup, headerGroups, HeaderOpsTable } from './route/header_ops.js';
import { PolicyTable, readPolicies } from './route/policies.js';
import { compileVirtualHost, type ConfigPlace } from './route/virtual_host.js';

export type { RouteCompileContext } from './route/builder.js';
export type RouteConfiguration = envoy.config.route.v3.RouteConfiguration;

const CONFIG_IGNORE_PORT = 1;
const CONFIG_IGNORE_PATH_PARAMETERS = 2;
const DOMAINS_EXACT = 0;
const DOMAINS_SUFFIX = 1;
const DOMAINS_PREFIX = 2;

export interface CompiledRouteConfig {
  /** Address of the RouteConfig, to be published or freed; 0 when a finding is an error. */
  readonly object: number;
  readonly findings: readonly Finding[];
}

interface DomainEntry {
  readonly kind: number;
  readonly name: string; // lower case, without its star
  readonly virtualHost: number;
}

function domainEntry(domain: string, virtualHost: number): DomainEntry {
  const lower = lowerAscii(domain);
  if (lower.startsWith('*')) return { kind: DOMAINS_SUFFIX, name: lower.slice(1), virtualHost };
  if (lower.endsWith('*')) return { kind: DOMAINS_PREFIX, name: lower.slice(0, -1), virtualHost };
  return { kind: DOMAINS_EXACT, name: lower, virtualHost };
}

function addDomains(b: RouteBuilder, domains: readonly DomainEntry[]): void {
  const x = b.core.exports;
  for (const kind of [DOMAINS_EXACT, DOMAINS_SUFFIX, DOMAINS_PREFIX]) {
    const named = domains.filter((d) => d.kind === kind).map((d) => ({ ...d, bytes: b.bytes(d.name) }));
    const sized = named.filter((d) => d.bytes.length > 0);
    if (sized.length > 0) {
      const longest = sized.reduce((most, d) => Math.max(most, d.bytes.length), 0);
      b.made(x.domainTableNew(b.object, kind, sized.length, longest));
    }
    for (const d of named) x.domainAdd(b.object, kind, d.bytes.address, d.bytes.length, d.virtualHost);
  }
}

function compile(b: RouteBuilder, message: RouteConfiguration): void {
  const base = b.context.path ?? '';
  const at = (name: string): string => (base === '' ? name : `${base}.${name}`);
  const config: ConfigPlace = {
    levels: [headerGroups(b, message, base)],
    ops: new HeaderOpsTable(b),
    policyLevels: [readPolicies(b, message.typed_per_filter_config, base)],
    policies: new PolicyTable(b),
    mostSpecificWins: message.most_specific_header_mutations_wins ?? false,
    validateClusters: wrapped(message.validate_clusters, b.context.validateClusters ?? true),
    bodyLimit: wrapped(message.max_direct_response_body_size_bytes, DEFAULT_BODY_LIMIT),
    ignorePathParameters: message.ignore_path_parameters_in_path_matching ?? false,
  };
  if (message.vhost_header) b.report('WEFT1301', at('vhost_header'), 'vhost_header is not supported yet');
  b.core.exports.internalOnlyHeadersSet(b.object, headerGroup(b, message.internal_only_headers ?? []));
  b.made(b.core.exports.tlsRedirectSet(b.object, b.text('https').address));
  const domains: DomainEntry[] = [];
  const taken = new Map<string, string>();
  const names = new Set<string>();
  (message.virtual_hosts ?? []).forEach((vh, i) => {
    const path = at(`virtual_hosts[${i}]`);
    if (names.has(vh.name)) b.report('WEFT1402', `${path}.name`, 'virtual hosts have unique names', { value: vh.name });
    names.add(vh.name);
    const virtualHost = compileVirtualHost(b, vh, config, path);
    (vh.domains ?? []).forEach((domain, k) => {
      const owner = taken.get(lowerAscii(domain));
      if (owner !== undefined) {
        b.report('WEFT1402', `${path}.domains[${k}]`, `the domain belongs to virtual host "${owner}" already`, {
          value: domain,
        });
        return;
      }
      taken.set(lowerAscii(domain), vh.name);
      domains.push(domainEntry(domain, virtualHost));
    });
  });
  addDomains(b, domains);
}

/**
 * Compiles a RouteConfiguration (snake_case fields, enums as numbers). With an error among the findings there is no object
 * and nothing is left behind. Throws when the table memory is exhausted.
 */
export function compileRouteConfig(
  core: Core,
  message: RouteConfiguration,
  context: RouteCompileContext,
): CompiledRouteConfig {
  const flags =
    (message.ignore_port_in_host_matching ? CONFIG_IGNORE_PORT : 0) |
    (message.ignore_path_parameters_in_path_matching ? CONFIG_IGNORE_PATH_PARAMETERS : 0);
  const object = core.exports.routeConfigNew(flags);
  if (object === 0) throw new Error('the table memory of the core is exhausted');
  const b = new RouteBuilder(core, object, context);
  try {
    const name = b.text(message.name ?? '');
    core.exports.routeConfigSetName(object, name.address, name.length);
    compile(b, message);
  } catch (error) {
    core.exports.objectFree(object);
    throw error;
  }
  if (!hasErrors(b.findings)) return { object, findings: b.findings };
  core.exports.objectFree(object);
  return { object: 0, findings: b.findings };
}
