// /config_dump, beside Envoy's on the same control plane: versions and times aside, the same clusters, listeners and routes.
import { afterEach, expect, test } from 'vitest';
import { ControlPlane, controlPlaneProgram } from '../support/control_plane.js';
import { hasOpenssl, selfSigned } from '../support/certificates.js';
import { findEnvoy, Peer } from '../support/peer.js';
import { freePorts } from '../support/ports.js';
import {
  adsBootstrap,
  assignment,
  direct,
  edsCluster,
  rdsListener,
  routes,
  toCluster,
} from '../support/xds_resources.js';

type Json = Record<string, unknown>;

const program = controlPlaneProgram();
const open: { kill(): Promise<void> }[] = [];

afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each.kill();
});

async function dump(adminPort: number, query = ''): Promise<Json[]> {
  const response = await fetch(`http://127.0.0.1:${adminPort}/config_dump${query}`);
  expect(response.status).toBe(200);
  return ((await response.json()) as { configs: Json[] }).configs;
}

/** Times, which are never the same, are only held to their form. */
function timeless(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (key, each: unknown) => {
    if (key !== 'last_updated' && key !== 'last_update_attempt') return each;
    expect(each).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    return 'then';
  });
}

const SHARED = ['ClustersConfigDump', 'ListenersConfigDump', 'RoutesConfigDump'];

async function shared(adminPort: number): Promise<unknown[]> {
  const configs = await dump(adminPort);
  return SHARED.map((type) => timeless(configs.find((each) => String(each['@type']).endsWith(`.${type}`))));
}

const QUERIES = [
  'resource=static_clusters',
  'resource=dynamic_active_clusters',
  'resource=dynamic_active_clusters&name_regex=.*p',
  'resource=dynamic_active_clusters&name_regex=p',
  'resource=dynamic_listeners',
  'resource=dynamic_route_configs',
  'resource=dynamic_warming_clusters',
  'resource=nonsense',
  'name_regex=(',
];

async function answers(adminPort: number): Promise<unknown[]> {
  const all = QUERIES.map(async (query) => {
    const response = await fetch(`http://127.0.0.1:${adminPort}/config_dump?${query}`);
    const text = await response.text();
    return {
      query,
      status: response.status,
      body: response.status === 200 ? timeless(JSON.parse(text)) : text.replace(/(from \(): .*/s, '$1'),
    };
  });
  return Promise.all(all);
}

async function start(kind: 'weft' | 'envoy', xdsPort: number): Promise<number> {
  const [adminPort] = await freePorts(1);
  open.push(await Peer.start(kind, { bootstrap: adsBootstrap(adminPort, xdsPort, 'GRPC'), adminPort }));
  return adminPort;
}

async function plane(version: string, more: (port: number) => Json[] = () => []) {
  const [xdsPort, port] = await freePorts(2);
  const control = await ControlPlane.start(program!, xdsPort);
  open.push(control);
  await control.set(version, [
    edsCluster('app', { connect_timeout: '1.500s' }),
    assignment('app', 1),
    rdsListener('main', port, 'routes'),
    routes('routes', direct('/direct', 'x'), toCluster('app')),
    ...more(port),
  ]);
  return { xdsPort, port };
}

test.skipIf(!program || !findEnvoy())('clusters, listeners and routes are dumped as Envoy dumps them', async () => {
  const { xdsPort } = await plane('7');
  const ours = await start('weft', xdsPort);
  const theirs = await start('envoy', xdsPort);
  expect(await shared(ours)).toEqual(await shared(theirs));
  const [wanted, got] = [await answers(theirs), await answers(ours)];
  expect(got).toEqual(wanted);
});

test.skipIf(!program)('a refused resource is dumped with why, and the filters choose', async () => {
  const { xdsPort } = await plane('7', () => [edsCluster('bad', { lb_policy: 'MAGLEV' })]);
  const adminPort = await start('weft', xdsPort);
  const warming = await dump(adminPort, '?resource=dynamic_warming_clusters');
  expect(timeless(warming)).toMatchObject([{ error_state: { last_update_attempt: 'then', version_info: '7' } }]);
  expect(JSON.stringify(warming)).toContain('CDS bad lb_policy');
  const active = await dump(adminPort, '?resource=dynamic_active_clusters&name_regex=a.p');
  expect(active).toMatchObject([{ version_info: '7', cluster: { name: 'app', connect_timeout: '1.500s' } }]);
  const left = await fetch(`http://127.0.0.1:${adminPort}/config_dump?mask=bootstrap`);
  expect([left.status, await left.text()]).toEqual([400, 'mask is not here yet\n']);
  const [bootstrap] = await dump(adminPort, '?resource=bootstrap');
  expect(bootstrap).toMatchObject({ node: { id: 'proxy-1' } });
});

const text = (inline_string: string): Json => ({ inline_string });

test.skipIf(!findEnvoy() || !hasOpenssl())('secrets of the bootstrap are dumped without what is secret', async () => {
  const { certificate, key, encryptedKey } = selfSigned('x.example');
  const chain = { certificate_chain: text(certificate) };
  const secrets = [
    { name: 'a', tls_certificate: { ...chain, private_key: text(key) } },
    { name: 'b', tls_certificate: { ...chain, private_key: text(encryptedKey), password: text('open') } },
    { name: 'c', validation_context: { trusted_ca: { inline_bytes: Buffer.from(certificate).toString('base64') } } },
    { name: 'd', generic_secret: { secret: text('sesame') } },
    { name: 'e', session_ticket_keys: { keys: [{ inline_bytes: Buffer.alloc(80, 'k').toString('base64') }] } },
  ];
  const dumps = ['weft', 'envoy'] as const;
  const [ours, theirs] = await Promise.all(
    dumps.map(async (kind) => {
      const [adminPort] = await freePorts(1);
      const admin = { address: { socket_address: { address: '127.0.0.1', port_value: adminPort } } };
      open.push(await Peer.start(kind, { bootstrap: { admin, static_resources: { secrets } }, adminPort }));
      const configs = await dump(adminPort, '?resource=static_secrets');
      return configs.toSorted((x, y) => String(x['name']).localeCompare(String(y['name'])));
    }),
  );
  expect(ours).toEqual(theirs);
  expect(JSON.stringify(ours)).not.toMatch(/sesame|PRIVATE KEY/);
});
