// /config_dump: envoy.admin.v3.ConfigDump. The wrappers are made here; what they hold is decoded from the bytes that were applied.
import type { ConfigSection, ConfigView } from './context.js';
import { badRequest, jsonAnswer, type AdminHandler } from './handler.js';
import { wholeNameFilter, type NameFilter } from './name_filter.js';

type Json = Record<string, unknown>;

const ADMIN = 'type.googleapis.com/envoy.admin.v3.';

export const configDump: AdminHandler = {
  path: '/config_dump',
  help: 'dump current Envoy configs (experimental)',
  parameters: [
    ['resource', 'The resource to dump'],
    ['name_regex', 'Dump only the currently loaded configurations whose names match the specified regex.'],
  ],
  handle(context, query) {
    for (const unknown of ['mask', 'include_eds'])
      if (query.has(unknown)) return badRequest(`${unknown} is not here yet\n`);
    const regex = query.get('name_regex') || null;
    const matches = wholeNameFilter(regex);
    if (typeof matches === 'string') {
      return badRequest(`INVALID_ARGUMENT: Error while parsing name_regex from ${regex}: ${matches}`);
    }
    const view = context.config();
    const sections = sectionsOf(view, regex === null ? undefined : matches);
    const resource = query.get('resource');
    if (resource === null) return jsonAnswer({ configs: sections });
    const found = sections.filter((section) => Object.hasOwn(section, resource));
    if (found.length === 0) {
      const known = ['bootstrap', ...view.sections.flatMap(({ lists }) => lists.map(([name]) => name))];
      if (known.includes(resource)) return jsonAnswer({});
      return { status: 404, body: `${resource} not found in config dump` };
    }
    return jsonAnswer({ configs: found.flatMap((section) => items(resource, section[resource])) });
  },
};

function sectionsOf({ bootstrap, lastUpdated, sections }: ConfigView, pattern: NameFilter | undefined): Json[] {
  const first = { '@type': `${ADMIN}BootstrapConfigDump`, bootstrap, last_updated: lastUpdated };
  return [...(pattern ? [] : [first]), ...sections.map((section) => sectionJson(section, pattern))];
}

function sectionJson({ type, version, lists }: ConfigSection, pattern: NameFilter | undefined): Json {
  const filled = lists.flatMap(([name, entries]) => {
    const matching = entries.filter((entry) => !pattern || pattern(entry.name));
    return matching.length > 0 ? [[name, matching.map(({ json }) => json)]] : [];
  });
  return {
    '@type': `${ADMIN}${type}`,
    ...(version ? { version_info: version } : {}),
    ...Object.fromEntries(filled),
  };
}

/** Each of a list is printed with the type that it has in the dump. */
const ITEM_TYPES: Readonly<Record<string, string>> = {
  static_clusters: 'ClustersConfigDump.StaticCluster',
  dynamic_active_clusters: 'ClustersConfigDump.DynamicCluster',
  dynamic_warming_clusters: 'ClustersConfigDump.DynamicCluster',
  static_listeners: 'ListenersConfigDump.StaticListener',
  dynamic_listeners: 'ListenersConfigDump.DynamicListener',
  static_route_configs: 'RoutesConfigDump.StaticRouteConfig',
  dynamic_route_configs: 'RoutesConfigDump.DynamicRouteConfig',
  static_secrets: 'SecretsConfigDump.StaticSecret',
  dynamic_active_secrets: 'SecretsConfigDump.DynamicSecret',
  dynamic_warming_secrets: 'SecretsConfigDump.DynamicSecret',
};

function items(resource: string, value: unknown): Json[] {
  if (!Array.isArray(value)) {
    return [{ '@type': 'type.googleapis.com/envoy.config.bootstrap.v3.Bootstrap', ...(value as Json) }];
  }
  const type = ITEM_TYPES[resource];
  return value.map((each: Json) => ({ '@type': `${ADMIN}${type}`, ...each }));
}
