// What /config_dump shows of the control side, made when somebody asks.
import type { ConfigEntry, ConfigSection, ConfigView } from '../admin/context.js';
import { Descriptors } from '../config/descriptors.js';
import type { Message } from '../config/message.js';
import { anyJson, messageJson } from '../config/message_json.js';
import type { XdsClient } from '../xds/config_sources.js';
import { CLUSTER, LISTENER, ROUTE_CONFIGURATION, SECRET, typeUrlOf, type ResourceKind } from '../xds/kinds.js';
import { nackText, type Refusal } from '../xds/receiver.js';
import type { StoredResource } from '../xds/subscription.js';
import type { ClusterSet } from './clusters.js';
import type { ListenerSet } from './listeners.js';
import type { RouteDiscovery } from './routes.js';
import type { SecretStore } from './secrets.js';

type Json = Record<string, unknown>;

export interface ConfigParts {
  /** The bootstrap as it was applied. */
  readonly bootstrap: Uint8Array;
  readonly startedAt: number; // Date.now()
  readonly clusters: ClusterSet;
  readonly listeners: ListenerSet;
  readonly routes: RouteDiscovery;
  readonly secrets: SecretStore;
  readonly xds: XdsClient;
}

const BOOTSTRAP = 'envoy.config.bootstrap.v3.Bootstrap';
const HCM = 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';

export function configView(parts: ConfigParts): ConfigView {
  return new Dump(parts).view();
}

/** One dump: the descriptors of the API live as long as it. */
class Dump {
  private readonly descriptors = new Descriptors();

  constructor(private readonly parts: ConfigParts) {}

  view(): ConfigView {
    const { bootstrap: bytes, startedAt } = this.parts;
    const { descriptors } = this;
    const bootstrap = messageJson(descriptors.type(BOOTSTRAP).decode(bytes) as Message, descriptors) as Json;
    const resources = (bootstrap['static_resources'] ?? {}) as {
      clusters?: Json[];
      listeners?: Json[];
      secrets?: Json[];
    };
    const listeners = this.listeners(resources.listeners ?? []);
    const sections = [
      this.clusters(resources.clusters ?? []),
      listeners,
      this.routes(listeners),
      this.secrets(resources.secrets ?? []),
    ];
    return { bootstrap, lastUpdated: timestamp(startedAt), sections };
  }

  private clusters(fixed: readonly Json[]): ConfigSection {
    const { dynamic } = this.parts.clusters;
    const refused = this.refused(CLUSTER);
    const active = [...dynamic].map(([name, resource]): ConfigEntry => {
      const error_state = refused.get(name);
      const json = { ...this.state(CLUSTER, 'cluster', resource), ...(error_state && { error_state }) };
      return { name, json };
    });
    const failed = [...refused].filter(([name]) => !dynamic.has(name));
    return {
      type: 'ClustersConfigDump',
      version: this.version(CLUSTER),
      lists: [
        ['static_clusters', fixed.map((each) => this.fixed(CLUSTER, 'cluster', each))],
        ['dynamic_active_clusters', active],
        ['dynamic_warming_clusters', failed.map(([name, error_state]) => ({ name, json: { error_state } }))],
      ],
    };
  }

  private listeners(fixed: readonly Json[]): ConfigSection {
    const refused = this.refused(LISTENER);
    const known = [...this.parts.listeners.listeners.values()].filter(({ isStatic }) => !isStatic);
    const dynamic = known.map(({ name, active, warming }): ConfigEntry => {
      const json: Json = { name };
      if (active?.resource) json['active_state'] = this.state(LISTENER, 'listener', active.resource);
      if (warming?.resource) json['warming_state'] = this.state(LISTENER, 'listener', warming.resource);
      if (refused.has(name)) json['error_state'] = refused.get(name);
      return { name, json };
    });
    for (const [name, error_state] of refused) {
      if (!this.parts.listeners.listeners.has(name)) dynamic.push({ name, json: { name, error_state } });
    }
    return {
      type: 'ListenersConfigDump',
      version: this.version(LISTENER),
      lists: [
        ['static_listeners', fixed.map((each) => this.fixed(LISTENER, 'listener', each))],
        ['dynamic_listeners', dynamic],
      ],
    };
  }

  // Route configurations that stand in the listeners are the static ones, whoever sent the listener.
  private routes({ lists }: ConfigSection): ConfigSection {
    const refused = this.refused(ROUTE_CONFIGURATION);
    const dynamic = [...this.parts.routes.current()].map(({ name, resource }): ConfigEntry => {
      const error_state = refused.get(name);
      const json = {
        ...this.state(ROUTE_CONFIGURATION, 'route_config', resource),
        ...(error_state && { error_state }),
      };
      return { name, json };
    });
    const inline = lists.flatMap(([, entries]) => entries.flatMap(({ json }) => inlineRoutes(json)));
    return {
      type: 'RoutesConfigDump',
      version: '',
      lists: [
        ['static_route_configs', inline.map((each) => this.fixed(ROUTE_CONFIGURATION, 'route_config', each))],
        ['dynamic_route_configs', dynamic],
      ],
    };
  }

  // What is secret in them is not printed (host/config/message_json.ts).
  private secrets(fixed: readonly Json[]): ConfigSection {
    const { secrets, startedAt } = this.parts;
    const refused = this.refused(SECRET);
    const active = [...secrets.current()].map(({ name, resource }): ConfigEntry => {
      const error_state = refused.get(name);
      return { name, json: { name, ...this.state(SECRET, 'secret', resource), ...(error_state && { error_state }) } };
    });
    const warming = [...secrets.warming()].map(({ name }): ConfigEntry => {
      const error_state = refused.get(name);
      const nothing = {
        version_info: 'uninitialized',
        last_updated: timestamp(startedAt),
        secret: { '@type': typeUrlOf(SECRET), name },
      };
      return { name, json: { name, ...nothing, ...(error_state && { error_state }) } };
    });
    const named = fixed.map((each) => {
      const { name, json } = this.fixed(SECRET, 'secret', each);
      return { name, json: { name, secret: json['secret'] } };
    });
    return {
      type: 'SecretsConfigDump',
      version: '',
      lists: [
        ['static_secrets', named],
        ['dynamic_active_secrets', active],
        ['dynamic_warming_secrets', warming],
      ],
    };
  }

  private fixed(kind: ResourceKind, key: string, message: Json): ConfigEntry {
    const last_updated = timestamp(this.parts.startedAt);
    const name = typeof message['name'] === 'string' ? message['name'] : '';
    return { name, json: { [key]: { '@type': typeUrlOf(kind), ...message }, last_updated } };
  }

  private state(kind: ResourceKind, key: string, { version, bytes, updatedAt }: StoredResource): Json {
    const resource = anyJson({ type_url: typeUrlOf(kind), value: bytes }, this.descriptors);
    return { ...(version && { version_info: version }), [key]: resource, last_updated: timestamp(updatedAt) };
  }

  private version(kind: ResourceKind): string {
    return [...this.parts.xds.receivers()].find((each) => each.kind === kind)?.version ?? '';
  }

  private refused(kind: ResourceKind): ReadonlyMap<string, Json> {
    const receivers = [...this.parts.xds.receivers()].filter((each) => each.kind === kind);
    const all = receivers.flatMap(({ refused }) => [...refused]);
    return new Map(all.map(([name, refusal]) => [name, errorState(kind, name, refusal)]));
  }
}

/** envoy.admin.v3.UpdateFailureState */
function errorState(kind: ResourceKind, name: string, { findings, version, at }: Refusal): Json {
  const details = nackText(kind, [{ name, findings }]);
  return { last_update_attempt: timestamp(at), details, ...(version && { version_info: version }) };
}

function inlineRoutes(dumped: Json): Json[] {
  const state = (dumped['active_state'] ?? dumped) as Json;
  const { filter_chains = [], default_filter_chain } = (state['listener'] ?? {}) as Record<string, never> & {
    filter_chains?: Json[];
    default_filter_chain?: Json;
  };
  const chains = [...filter_chains, ...(default_filter_chain ? [default_filter_chain] : [])];
  return chains.flatMap((chain) =>
    ((chain['filters'] ?? []) as Json[]).flatMap(({ typed_config }) => {
      const { '@type': type, route_config } = (typed_config ?? {}) as Json;
      return type === HCM && route_config ? [route_config as Json] : [];
    }),
  );
}

function timestamp(at: number): string {
  return new Date(at).toISOString();
}
