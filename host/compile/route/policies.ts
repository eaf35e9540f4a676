// What a route says to the filters of a connection manager: typed_per_filter_config of its levels.
import type { envoy, google } from '../../../proto/generated/api.js';
import { POLICY_FILTER } from '../../../assembly/abi.js';
import { anyTypeName, unpackAny } from '../../config/message.js';
import { fieldPath, keyPath } from '../../config/path.js';
import { factoryPerRoute } from '../../filter/http/registry.js';
import type { RouteBuilder } from './builder.js';

type FilterConfig = envoy.config.route.v3.FilterConfig;
type Any = google.protobuf.Any;

const FILTER_CONFIG = 'envoy.config.route.v3.FilterConfig';

/** What one level (configuration, virtual host, route, weighted cluster) says to one filter. */
interface Said {
  readonly disabled: boolean;
  /** Plain data; undefined: it only says whether the filter runs. */
  readonly config: unknown;
}

/** By the filter's name in the chain. */
export type PolicyLevel = ReadonlyMap<string, Said>;

const NOTHING: PolicyLevel = new Map();

export function readPolicies(
  b: RouteBuilder,
  said: Readonly<Record<string, Any>> | null | undefined,
  path: string,
): PolicyLevel {
  const names = Object.keys(said ?? {});
  if (names.length === 0) return NOTHING;
  const at = fieldPath(path, 'typed_per_filter_config');
  return new Map(names.map((name) => [name, readOne(b, said![name], keyPath(at, name))]));
}

function readOne(b: RouteBuilder, any: Any, path: string): Said {
  const wrapper = unpackAny<FilterConfig>(any, FILTER_CONFIG);
  if (!wrapper) return { disabled: false, config: readConfig(b, any, path) };
  if (wrapper.disabled) return { disabled: true, config: undefined };
  const at = fieldPath(path, 'config');
  if (!wrapper.config) b.report('WEFT1201', at, 'what is not disabled needs a configuration');
  // As in Envoy, an empty one only says that the filter runs.
  const config = wrapper.config?.type_url ? readConfig(b, wrapper.config, at) : undefined;
  return { disabled: false, config };
}

function readConfig(b: RouteBuilder, any: Any, path: string): unknown {
  const type = anyTypeName(any);
  const factory = factoryPerRoute(b.context.httpFilters ?? new Map(), type);
  if (factory) return factory.perRoute!.read(unpackAny(any), path, b.findings);
  return b.report('WEFT1302', path, 'no filter of weft takes this from a route', { value: type });
}

/** The lists of policies of one object; equal ones stand there once. */
export class PolicyTable {
  private readonly lists = new Map<string, number>();

  constructor(private readonly b: RouteBuilder) {}

  /** A PolicyList, 0 where nothing is said. `levels`: the most specific first. */
  address(levels: readonly PolicyLevel[]): number {
    if (levels.every(({ size }) => size === 0)) return 0;
    const policies = [...merged(levels)];
    const key = JSON.stringify(policies);
    let list = this.lists.get(key);
    if (list === undefined) this.lists.set(key, (list = this.build(policies)));
    return list;
  }

  private build(policies: readonly Merged[]): number {
    const x = this.b.core.exports;
    const list = this.b.made(x.policiesNew(this.b.object, policies.length));
    policies.forEach(({ name, disabled, configs }, i) => {
      const [n, text] = [this.b.text(name), this.b.text(JSON.stringify(configs))];
      x.policiesSet(list, i, POLICY_FILTER, disabled, n.address, n.length, text.address, text.length);
    });
    return list;
  }
}

interface Merged {
  readonly name: string;
  readonly disabled: boolean;
  /** The least specific first. */
  readonly configs: readonly unknown[];
}

// Whether a filter runs is said by the most specific level that speaks of it; configurations add up.
function* merged(levels: readonly PolicyLevel[]): Iterable<Merged> {
  const names = new Set(levels.flatMap((level) => [...level.keys()]));
  for (const name of names) {
    const said = levels.flatMap((level) => level.get(name) ?? []);
    const configs = said.flatMap(({ config }) => (config === undefined ? [] : [config])).toReversed();
    yield { name, disabled: said[0].disabled, configs };
  }
}
