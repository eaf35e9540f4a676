// The chain of HTTP filters: the router last, and those of the registry before it.
import type { envoy } from '../../proto/generated/api.js';
import { FILTER_ON_REQUEST, FILTER_ON_RESPONSE } from '../../assembly/abi.js';
import { finding, type Finding } from '../config/finding.js';
import { anyTypeName, unpackAny } from '../config/message.js';
import { fieldPath, indexPath } from '../config/path.js';
import type { AskerSpec } from '../filter/asker_spec.js';
import type { HttpFilterRegistry } from '../filter/http/registry.js';

type HttpFilter = envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
type Router = envoy.extensions.filters.http.router.v3.Router;

const ROUTER = 'envoy.extensions.filters.http.router.v3.Router';

/** `host`: a filter in TypeScript, found by its type name, with its configuration as plain data. */
export type HttpFilterModel =
  | { readonly kind: 'router' }
  | {
      readonly kind: 'host';
      readonly name: string;
      readonly typeName: string;
      readonly config: unknown;
      /** FILTER_ON_* */
      readonly phases: number;
      /** Unless a route says otherwise. */
      readonly disabled: boolean;
    };

/** Where the chain stands, and what its filters can ask for while they are read. */
export interface HttpFiltersContext {
  readonly registry: HttpFilterRegistry;
  readonly statPrefix: string;
  readonly asker: (spec: AskerSpec, findings: Finding[]) => number;
}

/** Which filters run is one word of a stream. */
const MAX_FILTERS = 64;

export interface HttpFiltersModel {
  readonly models: readonly HttpFilterModel[];
  readonly router: Router | undefined;
}

export function readHttpFilters(
  filters: readonly HttpFilter[],
  path: string,
  context: HttpFiltersContext,
  findings: Finding[],
): HttpFiltersModel {
  if (filters.length > MAX_FILTERS) {
    findings.push(finding('WEFT1406', path, `more than ${MAX_FILTERS} HTTP filters`, { value: filters.length }));
  }
  const models: HttpFilterModel[] = [];
  let router: Router | undefined;
  filters.forEach((filter, i) => {
    const at = indexPath(path, i);
    const typeName = anyTypeName(filter.typed_config);
    if (typeName === ROUTER) {
      if (i !== filters.length - 1) findings.push(finding('WEFT1406', at, 'the router is the last HTTP filter'));
      if (filter.disabled) {
        findings.push(finding('WEFT1406', fieldPath(at, 'disabled'), 'the router cannot be disabled by default'));
      }
      router = unpackAny<Router>(filter.typed_config, ROUTER);
      models.push({ kind: 'router' });
      return;
    }
    const model = readHostFilter(filter, typeName, at, context, findings);
    if (model) models.push(model);
  });
  if (!router) findings.push(finding('WEFT1406', path, 'the last HTTP filter is the router', { allowed: ROUTER }));
  return { models, router };
}

function readHostFilter(
  filter: HttpFilter,
  typeName: string,
  path: string,
  { registry, statPrefix, asker }: HttpFiltersContext,
  findings: Finding[],
): HttpFilterModel | undefined {
  const factory = registry.get(typeName);
  const at = fieldPath(path, 'typed_config');
  if (!factory) {
    findings.push(finding('WEFT1302', at, 'a filter that weft does not have', { value: typeName || filter.name }));
    return undefined;
  }
  const config = factory.read(unpackAny(filter.typed_config), {
    path: at,
    findings,
    statPrefix,
    asker: (spec) => asker(spec, findings),
  });
  const { request, response } = factory.phases ?? { request: true, response: true };
  const phases = (request ? FILTER_ON_REQUEST : 0) | (response ? FILTER_ON_RESPONSE : 0);
  return { kind: 'host', name: filter.name, typeName, config, phases, disabled: filter.disabled };
}
