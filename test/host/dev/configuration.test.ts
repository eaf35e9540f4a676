// The files of `weft dev`: what they may hold, what is wrong with them and where, and which content has which version.
import { expect, test } from 'vitest';
import { painter } from '../../../host/cli/color.js';
import { renderFindingLine } from '../../../host/cli/render_finding.js';
import { messageJson } from '../../../host/config/message_json.js';
import { checkConfiguration } from '../../../host/control/configuration.js';
import { compileCore, createMemory, loadCore } from '../../../host/core/load.js';
import { devBootstrap, socketAddress } from '../../../host/dev/dev_bootstrap.js';
import { readConfiguration, type FileText } from '../../../host/dev/dev_configuration.js';
import { renderChanges } from '../../../host/dev/render_event.js';
import { bridge } from '../../../host/dev/serving_order.js';
import { changesBetween } from '../../../host/dev/snapshot.js';
import type { Message } from '../../../host/config/message.js';
import { decodeBootstrap } from '../../../host/config/bootstrap.js';
import { ConfigSource } from '../../../host/config/source.js';
import { CLUSTER, KINDS } from '../../../host/xds/kinds.js';
import { descriptors } from '../../support/discovery.js';
import { assignment, direct, edsCluster, rdsListener, routes, toCluster } from '../../support/xds_resources.js';

const core = loadCore(createMemory(), compileCore());
const compile = (bootstrap: Parameters<typeof checkConfiguration>[0]) => checkConfiguration(bootstrap, core);

function read(files: Record<string, string | object>, more: object = {}) {
  const texts = Object.entries(files).map(([name, text]): FileText => ({
    name,
    text: typeof text === 'string' ? text : JSON.stringify(text),
  }));
  return readConfiguration(texts, { descriptors, compile, unsupportedFields: 'refuse', isUnchecked: false, ...more });
}

/** "CDS app", …; or what is wrong. */
function served(files: Record<string, string | object>, more: object = {}): string[] {
  const { snapshot, findings } = read(files, more);
  return snapshot?.all().map(({ kind, name }) => `${kind.service} ${name}`) ?? findings.map(renderFindingLine);
}

const ENDPOINT = '{ endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: 80 } } } }';
const STATIC = `{ name: a, connect_timeout: 1s, load_assignment: { cluster_name: a, endpoints: [{ lb_endpoints: [${ENDPOINT}] }] } }`;

test('listeners and clusters of a bootstrap are served, its other fields are the proxy’s own', () => {
  const bootstrap = {
    admin: { address: socketAddress('127.0.0.1', 9000) },
    static_resources: { listeners: [rdsListener('main', 1, 'r')], clusters: [edsCluster('app')] },
  };
  const { '@type': _l, ...listener } = bootstrap.static_resources.listeners[0];
  const { '@type': _c, ...cluster } = bootstrap.static_resources.clusters[0];
  const file = { ...bootstrap, static_resources: { listeners: [listener], clusters: [cluster] } };
  expect(served({ 'a.json': file })).toEqual(['LDS main', 'CDS app']);
  const made = devBootstrap({
    bootstrap: read({ 'a.json': file }).bootstrap,
    descriptors,
    host: '0.0.0.0',
    port: 7,
    admin: undefined,
    isDelta: true,
  });
  expect(made).toMatchObject({ admin: bootstrap.admin, dynamic_resources: { ads_config: { api_type: 'DELTA_GRPC' } } });
  const own = decodeBootstrap([new ConfigSource('b.json', JSON.stringify(made))], { unsupportedFields: 'refuse' });
  expect([...own.findings, ...compile(own.bootstrap)]).toEqual([]);
});

test('resources stand in a list with their types, or in lists under the names of their kinds, or alone', () => {
  const all = [edsCluster('app'), assignment('app', 1), rdsListener('main', 1, 'r'), routes('r', direct('/', 'x'))];
  const names = ['LDS main', 'CDS app', 'RDS r', 'EDS app'];
  expect(served({ 'a.json': { version_info: '1', resources: all } })).toEqual(names);
  const bare = all.map(({ '@type': _type, ...rest }) => rest);
  const lists = { clusters: [bare[0]], endpoints: [bare[1]], listeners: [bare[2]], routes: [bare[3]] };
  expect(served({ 'a.json': lists })).toEqual(names);
  expect(served(Object.fromEntries(all.map((each, i) => [`${i}.json`, each])))).toEqual(names);
});

test('a file holds several documents of any shape, and a block of text with dashes in it is one', () => {
  const text = `# the first is empty\n---\nclusters:\n- ${STATIC}\n---\n"@type": type.googleapis.com/envoy.config.cluster.v3.Cluster\nname: b\nconnect_timeout: 1s\n...\n---\nroutes:\n- name: r\n  virtual_hosts:\n  - name: v\n    domains: ['*']\n    routes:\n    - match: { prefix: / }\n      direct_response: { status: 200, body: { inline_string: |-\n        --- no marker\n        } }\n`;
  const flow = text.replace(/body: \{ inline_string: \|-[^}]*\} \}/, 'body: { inline_string: "--- x" } }');
  expect(served({ 'a.yaml': flow })).toEqual(['CDS a', 'CDS b', 'RDS r']);
});

test('every finding of every document is shown where it stands in the file', () => {
  const text = `clusters:\n- ${STATIC}\n---\nclusters:\n- name: b\n  conect_timeout: 1s\n---\nroutes:\n- name: r\n  virtual_hosts: [{ name: v }]\n`;
  expect(served({ 'a.yaml': text })).toEqual([
    'a.yaml:6:3: clusters[0].conect_timeout: Cluster has no field "conect_timeout" (WEFT1101)',
    'a.yaml:10:19: routes[0].virtual_hosts[0].domains: there are no items (WEFT1206)',
  ]);
});

test('what the compilers find stands where the resource does, whatever file and list it is in', () => {
  const bad = served({
    'a.yaml': `clusters:\n- ${STATIC}\n`,
    'r.yaml': `resources:\n- "@type": type.googleapis.com/envoy.config.route.v3.RouteConfiguration\n  name: r\n  virtual_hosts:\n  - name: v\n    domains: ['*']\n    routes:\n    - match: { prefix: / }\n      route: { cluster: nowhere }\n`,
  });
  expect(bad).toHaveLength(1);
  expect(bad[0]).toMatch(/^r\.yaml:9:25: resources\[0\]\.virtual_hosts\[0\]\.routes\[0\]\.route\.cluster: .*WEFT1401/);
  const good = { 'r.json': { resources: [routes('r', toCluster('a'))] }, 'a.yaml': `clusters:\n- ${STATIC}\n` };
  expect(served(good)).toEqual(['CDS a', 'RDS r']);
});

test('one name stands for one resource over all files', () => {
  const twice = {
    'a.json': { resources: [routes('r', direct('/', '1'))] },
    'b.json': { resources: [routes('r', direct('/', '2'))] },
  };
  expect(served(twice)).toEqual([
    expect.stringMatching(/^b\.json:1:\d+: resources\[0\]: .*RDS has this name .*WEFT1402/),
  ]);
  expect(served({ 'a.yaml': `clusters:\n- ${STATIC}\n- ${STATIC}\n` })).toEqual([expect.stringContaining('WEFT1402')]);
});

test('what is no resource, has no name or has the wrong shape is said', () => {
  const node = { '@type': 'type.googleapis.com/envoy.config.core.v3.Node', id: 'x' };
  expect(served({ 'a.json': { resources: [node] } })).toEqual([
    expect.stringMatching(/resources\[0\]\["?@type|WEFT1512/),
  ]);
  expect(served({ 'a.yaml': 'routes:\n- virtual_hosts: []\n' })).toEqual([expect.stringContaining('WEFT1201')]);
  expect(served({ 'a.yaml': '' })).toEqual([expect.stringContaining('WEFT1005')]);
  expect(served({ 'a.yaml': 'clusters: [' })[0]).toContain('WEFT1002');
});

test('--unchecked serves what no proxy would take; --unsupported-fields warn serves it as it is written', () => {
  const maglev = { resources: [edsCluster('app', { lb_policy: 'MAGLEV' })] };
  expect(served({ 'a.json': maglev })).toEqual([expect.stringContaining('WEFT1303')]);
  for (const more of [{ isUnchecked: true }, { unsupportedFields: 'warn' }]) {
    const { snapshot } = read({ 'a.json': maglev }, more);
    const { bytes } = snapshot!.of(CLUSTER).resources.get('app')!;
    const message = descriptors.type(CLUSTER.typeName).decode(bytes) as Message;
    expect(messageJson(message, descriptors)).toMatchObject({ lb_policy: 'MAGLEV' });
  }
});

test('a time to live comes from the Resource around a resource', () => {
  const wrapped = {
    '@type': 'type.googleapis.com/envoy.service.discovery.v3.Resource',
    name: 'app',
    ttl: '2.500s',
    resource: edsCluster('app'),
  };
  const { snapshot } = read({ 'a.json': { resources: [wrapped] } });
  expect(snapshot?.all()).toMatchObject([{ kind: CLUSTER, name: 'app', ttlMs: 2500 }]);
});

test('a version is that of the content: comments, order of files and another file change none', () => {
  const one = read({ 'a.yaml': `clusters:\n- ${STATIC}\n` }).snapshot!;
  const other = read({
    'z.yaml': `# again\nclusters: [ ${STATIC} ]\n`,
    'b.json': { resources: [routes('r')] },
  }).snapshot!;
  expect(changesBetween(one, other)).toMatchObject([{ name: 'r', before: undefined }]);
  expect(other.of(CLUSTER).version).toBe(one.of(CLUSTER).version);
});

const withRoutes = (...list: Record<string, unknown>[]) =>
  read({ 'a.json': { resources: [routes('r', ...list)] }, 'c.yaml': `clusters:\n- ${STATIC}\n` }).snapshot!;

test('an edit is shown as what differs, named as a person names it', () => {
  const before = withRoutes(direct('/old', 'x'), direct('/same', 'y'), toCluster('a'));
  const after = withRoutes(direct('/same', 'y'), direct('/new', 'z'), { ...toCluster('a'), name: 'all' });
  expect(
    renderChanges(changesBetween(before, after), descriptors, painter(false))
      .split('\n')
      .map((line) => line.trim()),
  ).toEqual([
    expect.stringMatching(/^~ RDS r {2}\w{12} → \w{12}$/),
    '- virtual_hosts["all"].routes[0]: { match: { prefix: /old }, direct_response: { status: 200, body: { inline_string: x } } }',
    '- virtual_hosts["all"].routes[2]: { match: { prefix: / }, route: { cluster: a } }',
    '+ virtual_hosts["all"].routes[1]: { match: { prefix: /new }, direct_response: { status: 200, body: { inline_string: z } } }',
    '+ virtual_hosts["all"].routes[2]: { match: { prefix: / }, route: { cluster: a }, name: all }',
  ]);
});

test('what leaves is still there until everybody has what comes', () => {
  const before = read({ 'a.json': { resources: [edsCluster('old'), rdsListener('gone', 1, 'r')] } }).snapshot!;
  const after = read({ 'a.json': { resources: [edsCluster('new')] } }).snapshot!;
  const between = bridge(before, after)!;
  expect(between.all().map(({ name }) => name)).toEqual(['new', 'old']);
  expect(bridge(after, between)).toBeUndefined();
});

test('every kind has a list of its own', () => {
  for (const kind of KINDS)
    expect(served({ 'a.yaml': `${kind.rest.split(':')[1].replaceAll('-', '_')}: []\n` })).toEqual([]);
});
