// All resources as the one configuration that they are: what the compilers find in it, at the places where it stands in the files.
import type { envoy } from '../../proto/generated/api.js';
import { BOOTSTRAP_TYPE, type Bootstrap } from '../config/bootstrap.js';
import type { Descriptors } from '../config/descriptors.js';
import type { Finding } from '../config/finding.js';
import { finding } from '../config/finding.js';
import { packAny, type Message } from '../config/message.js';
import { joinPath } from '../config/path.js';
import { CLUSTER, CLUSTER_LOAD_ASSIGNMENT, LISTENER, ROUTE_CONFIGURATION } from '../xds/kinds.js';
import type { FileResource, ReadDocument } from './read_file.js';

type Listener = envoy.config.listener.v3.Listener;
type Cluster = envoy.config.cluster.v3.Cluster;

/** The step of host/compile/ without its effects. */
export type CompileCheck = (bootstrap: Bootstrap) => readonly Finding[];

const CORE = 'envoy.config.core.v3.';
const HCM = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
const ROUTER = 'envoy.extensions.filters.http.router.v3.Router';
const CHAIN = 'filter_chains[0].filters[0].typed_config.route_config';
const PLACE = /^static_resources\.(clusters|listeners)\[(\d+)\]\.?/;

/** A message of the synthetic bootstrap, and whose it is. */
interface Part<T> {
  readonly message: T;
  readonly resource: FileResource;
  /** Where the resource itself stands in the message. */
  readonly inner: string;
}

export function checkTogether(
  resources: readonly FileResource[],
  documents: readonly ReadDocument[],
  descriptors: Descriptors,
  compile: CompileCheck,
): Finding[] {
  const whole = new Together(resources, documents, descriptors);
  return [...duplicates(resources), ...compile(whole.bootstrap).flatMap((found) => whole.placed(found))];
}

/** One name, one resource. The compilers see only clusters and listeners. */
function duplicates(resources: readonly FileResource[]): Finding[] {
  const seen = new Set<string>();
  return resources.flatMap(({ kind, name, path, document }) => {
    const key = `${kind.service} ${name}`;
    if (!seen.has(key)) {
      seen.add(key);
      return [];
    }
    if (kind === CLUSTER || kind === LISTENER) return [];
    const text = `another resource of ${kind.service} has this name`;
    return document.place([finding('WEFT1402', path, text, { value: name })]);
  });
}

function itself<T>(resource: FileResource): Part<T> {
  return { message: resource.message as T, resource, inner: '' };
}

class Together {
  readonly bootstrap: Bootstrap;
  private readonly clusters: Part<Cluster>[];
  private readonly listeners: Part<Listener>[];
  private readonly first: ReadDocument | undefined;

  constructor(
    resources: readonly FileResource[],
    documents: readonly ReadDocument[],
    private readonly descriptors: Descriptors,
  ) {
    const of = (kind: unknown): FileResource[] => resources.filter((each) => each.kind === kind);
    this.clusters = [
      ...of(CLUSTER).map((each) => itself<Cluster>(each)),
      ...of(CLUSTER_LOAD_ASSIGNMENT).map((each, i) => this.clusterAround(each, i)),
    ];
    this.listeners = [
      ...of(LISTENER).map((each) => itself<Listener>(each)),
      ...of(ROUTE_CONFIGURATION).map((each, i) => this.listenerAround(each, i)),
    ];
    this.first = documents.find(({ bootstrap }) => bootstrap !== undefined);
    this.bootstrap = this.create(BOOTSTRAP_TYPE, {
      ...this.first?.bootstrap,
      static_resources: this.create(`${BOOTSTRAP_TYPE}.StaticResources`, {
        clusters: this.clusters.map(({ message }) => message),
        listeners: this.listeners.map(({ message }) => message),
      }),
      dynamic_resources: this.create(`${BOOTSTRAP_TYPE}.DynamicResources`, { ads_config: this.ads() }),
    }) as unknown as Bootstrap;
  }

  /** A finding of the bootstrap as one of the file. */
  placed(found: Finding): Finding[] {
    const [start, list, index] = PLACE.exec(found.path) ?? [];
    const part = start && (list === 'clusters' ? this.clusters : this.listeners)[Number(index)];
    if (!part) return this.first ? this.first.place([found]) : [found];
    const { resource, inner } = part;
    const rest = found.path.slice(start.length);
    const own = rest.startsWith(inner) ? rest.slice(inner.length).replace(/^\./, '') : '';
    return resource.document.place([{ ...found, path: joinPath(resource.path, own) }]);
  }

  private create(typeName: string, fields: object): Message {
    return this.descriptors.type(typeName).create(fields) as Message;
  }

  // Whoever is served says `ads`.
  private ads(): Message {
    const google_grpc = this.create(`${CORE}GrpcService.GoogleGrpc`, { target_uri: 'weft', stat_prefix: 'weft' });
    const service = this.create(`${CORE}GrpcService`, { google_grpc });
    return this.create(`${CORE}ApiConfigSource`, { api_type: 2, grpc_services: [service] });
  }

  // What is made around resources has names of its own: two resources of one name are said to be that (`duplicates`), and nothing else.
  private clusterAround(resource: FileResource, i: number): Part<Cluster> {
    const fields = { name: `weft.dev endpoints ${i} of ${resource.name}`, load_assignment: resource.message };
    const message = this.create('envoy.config.cluster.v3.Cluster', fields) as unknown as Cluster;
    return { message, resource, inner: 'load_assignment' };
  }

  private listenerAround(resource: FileResource, i: number): Part<Listener> {
    const any = (typeName: string, fields: object): object =>
      packAny(
        this.descriptors.type('google.protobuf.Any'),
        `type.googleapis.com/${typeName}`,
        this.create(typeName, fields),
      );
    const router = this.create(`${HCM.replace(/\w+$/, 'HttpFilter')}`, {
      name: 'router',
      typed_config: any(ROUTER, {}),
    });
    const hcm = any(HCM, { stat_prefix: 'weft', route_config: resource.message, http_filters: [router] });
    const filter = this.create('envoy.config.listener.v3.Filter', { name: 'hcm', typed_config: hcm });
    const name = `weft.dev routes ${i} ${resource.name}`;
    const message = this.create('envoy.config.listener.v3.Listener', {
      name,
      address: this.create(`${CORE}Address`, { pipe: this.create(`${CORE}Pipe`, { path: `@${name}` }) }),
      filter_chains: [this.create('envoy.config.listener.v3.FilterChain', { filters: [filter] })],
    });
    return { message: message as unknown as Listener, resource, inner: CHAIN };
  }
}
