// Two Pods, each with its own sidecar and the rules of `weft iptables`; neither the client nor the application knows. A third namespace is the
// node: whoever has no sidecar, and the kubelet. WEFT_E2E_PEER=envoy runs Envoy on the same bootstrap: what the tests themselves are worth.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PEER } from '../../support/fixture.js';
import { missingForPods, Pod, PROXY_UID, type Running } from '../../support/pod.js';
import { REPOSITORY } from '../../support/repository.js';

const missing = missingForPods();
if (missing !== '') console.warn(`sidecars: not tried in network namespaces: ${missing}`);

const APP = join(REPOSITORY, 'test/e2e/sidecar/app.mjs');
const CLIENT = join(REPOSITORY, 'test/e2e/sidecar/client.mjs');
const CLIENT_ADDRESS = '10.9.1.1';
const APP_ADDRESS = '10.9.1.2';
const NODE_ADDRESS = '10.9.2.1'; // as the application sees it
const APP_BY_NODE = '10.9.2.2';
const NODE_BY_CLIENT = '10.9.3.1';

interface Answer {
  from: string;
  to: string;
  url: string;
  method: string;
  body: string;
  headers: Record<string, string>;
}

/** Where both sidecars stand, to see what a connection went through. */
interface Passed {
  out: number;
  in: number;
}

function world(): { client: Pod; app: Pod; node: Pod } {
  const client = Pod.create('client', CLIENT_ADDRESS);
  const app = Pod.create('app', APP_ADDRESS);
  const node = Pod.create('node', NODE_ADDRESS);
  Pod.join(client, [CLIENT_ADDRESS, 'fd09:1::1'], app, [APP_ADDRESS, 'fd09:1::2'], 'ca');
  Pod.join(node, [NODE_ADDRESS], app, [APP_BY_NODE], 'na');
  Pod.join(node, [NODE_BY_CLIENT], client, ['10.9.3.2'], 'nc');
  return { client, app, node };
}

function sides(pod: Pod, member: string): Passed {
  const at = (port: number): number =>
    pod.stat(`listener.[__]_${port}.${member}`) + pod.stat(`listener.0.0.0.0_${port}.${member}`);
  return { out: at(15001), in: at(15006) };
}

const passed = (pod: Pod): Passed => sides(pod, 'downstream_cx_total');
const open = (pod: Pod): Passed => sides(pod, 'downstream_cx_active');

describe.skipIf(missing !== '')('a Pod and its client', () => {
  let client: Pod;
  let app: Pod;
  let node: Pod;
  let before: { client: Passed; app: Passed };

  beforeAll(async () => {
    ({ client, app, node } = world());
    const dual = { ISTIO_DUAL_STACK: 'true' };
    const probers = {
      '/app-health/app/livez': { httpGet: { path: '/live', port: 8080 } },
      '/app-health/app/readyz': { tcpSocket: { port: 9000 } },
    };
    app.capture('--dual-stack', '-d', '15090,15021,15020,8081', '-o', '9100', '-x', '10.9.2.0/24');
    client.capture('--dual-stack', '-o', '9100', '-x', '10.9.3.0/24');
    app.sidecar(PEER, { ...dual, ISTIO_KUBE_APP_PROBERS: JSON.stringify(probers) });
    client.sidecar(PEER, dual);
    await Promise.all([app.app([APP]).until(/listens/), node.app([APP]).until(/listens/), app.ready(), client.ready()]);
  });
  afterAll(() => Promise.all([client, app, node].map((pod) => pod?.remove())));

  function remember(): void {
    before = { client: passed(client), app: passed(app) };
  }

  /** Connections that each listener has taken since. */
  function since(): { client: Passed; app: Passed } {
    const now = { client: passed(client), app: passed(app) };
    const minus = (a: Passed, b: Passed): Passed => ({ out: a.out - b.out, in: a.in - b.in });
    return { client: minus(now.client, before.client), app: minus(now.app, before.app) };
  }

  const through = { client: { out: 1, in: 0 }, app: { out: 0, in: 1 } };
  const around = { client: { out: 0, in: 0 }, app: { out: 0, in: 0 } };

  test('HTTP goes through both, once each, and arrives as it was sent', () => {
    remember();
    const answer = JSON.parse(client.get(`http://${APP_ADDRESS}:8080/a//b?c=%20d`)) as Answer;
    expect(answer).toMatchObject({ from: '127.0.0.6', to: APP_ADDRESS, url: '/a//b?c=%20d', method: 'GET' });
    expect(answer.headers.host).toBe(`${APP_ADDRESS}:8080`);
    expect(since()).toEqual(through);
  });

  test('a request body, and the headers of the response', () => {
    const body = 'x'.repeat(200_000);
    const { stdout } = client.namespace.run(
      'curl',
      ['-sSi', '-m', '10', '--data-binary', '@-', `http://${APP_ADDRESS}:8080/post`],
      {
        input: body,
      },
    );
    const [head, text] = stdout.split('\r\n\r\n').slice(-2);
    expect(head).toMatch(/^x-app: yes$/m);
    expect(head).toMatch(/^server: app$/m);
    expect((JSON.parse(text) as Answer).body).toBe(body);
  });

  test('HTTP by IPv6, from ::6', () => {
    remember();
    const answer = JSON.parse(client.get('http://[fd09:1::2]:8080/six')) as Answer;
    expect(answer).toMatchObject({ from: '::6', to: 'fd09:1::2', url: '/six' });
    expect(since()).toEqual(through);
  });

  test('raw TCP', () => {
    remember();
    const { stdout } = client.exec(process.execPath, [CLIENT, APP_ADDRESS, '9000', 'one', 'two']);
    expect(stdout).toBe('127.0.0.6 one\n127.0.0.6 two\n');
    expect(since()).toEqual(through);
  });

  test('a protocol in which the server speaks first', () => {
    remember();
    const { stdout } = client.exec(process.execPath, [CLIENT, APP_ADDRESS, '9001']);
    expect(stdout).toBe('220 127.0.0.6\n');
    expect(since()).toEqual(through);
  });

  test('TCP by IPv6, and the server first', () => {
    expect(client.exec(process.execPath, [CLIENT, 'fd09:1::2', '9001']).stdout).toBe('220 ::6\n');
  });

  test('a port on which nothing listens is refused, not accepted', () => {
    // The sidecar has accepted the connection itself: it can only end it.
    expect(client.exec(process.execPath, [CLIENT, APP_ADDRESS, '9999', 'x']).stdout).toMatch(/^(ECONNRESET\n)?$/);
    expect(
      client.exec('curl', ['-s', '-o', '/dev/null', '-w', '%{http_code}', `http://${APP_ADDRESS}:9999/`]).stdout,
    ).toBe('503');
  });

  test('whoever has no sidecar comes in through the one of the application', () => {
    remember();
    expect(JSON.parse(node.get(`http://${APP_BY_NODE}:8080/`))).toMatchObject({ from: '127.0.0.6', to: APP_BY_NODE });
    expect(since()).toEqual({ client: { out: 0, in: 0 }, app: { out: 0, in: 1 } });
  });

  test('what goes out to a host without a sidecar passes through', () => {
    remember();
    const answer = JSON.parse(client.get(`http://${APP_ADDRESS}:8080/`)) as Answer;
    expect(answer.from).toBe('127.0.0.6');
    expect(JSON.parse(app.get(`http://${APP_ADDRESS}:8080/self`))).toMatchObject({ url: '/self' });
    expect(since().client).toEqual({ out: 1, in: 0 });
  });

  describe('left out by option', () => {
    test('an inbound port', () => {
      remember();
      expect(JSON.parse(node.get(`http://${APP_BY_NODE}:8081/`))).toMatchObject({ from: NODE_ADDRESS });
      expect(since()).toEqual(around);
    });

    test('an outbound port', () => {
      remember();
      const { stdout } = client.exec(process.execPath, [CLIENT, APP_ADDRESS, '9100', 'x']);
      expect(stdout).toBe('127.0.0.6 x\n');
      expect(since()).toEqual({ client: { out: 0, in: 0 }, app: { out: 0, in: 1 } });
    });

    test('an outbound range', () => {
      remember();
      expect(JSON.parse(client.get(`http://${NODE_BY_CLIENT}:8080/`))).toMatchObject({ from: '10.9.3.2' });
      expect(since()).toEqual(around);
    });
  });

  describe('an application that calls itself', () => {
    test('by its own address is left alone', () => {
      remember();
      expect(JSON.parse(app.get(`http://${APP_ADDRESS}:8080/me`))).toMatchObject({ from: APP_ADDRESS });
      expect(JSON.parse(app.get('http://127.0.0.1:8080/me'))).toMatchObject({ from: '127.0.0.1' });
      expect(since()).toEqual(around);
    });

    test("what the proxy sends to its own Pod's address comes in through it", () => {
      remember();
      expect(JSON.parse(app.get(`http://${APP_ADDRESS}:8080/vip`, { uid: PROXY_UID }))).toMatchObject({
        from: '127.0.0.6',
      });
      expect(since()).toEqual({ client: { out: 0, in: 0 }, app: { out: 0, in: 1 } });
    });
  });

  test('what the proxy itself sends is never captured again', () => {
    remember();
    expect(JSON.parse(app.get(`http://${NODE_ADDRESS}:8080/`, { uid: PROXY_UID }))).toMatchObject({
      from: APP_BY_NODE,
    });
    expect(since()).toEqual(around);
  });

  test.each([15001, 15006])('a connection to port %i itself ends in the black hole', async (port) => {
    const before = open(app);
    for (const from of [client, node, app]) {
      const address = from === node ? APP_BY_NODE : APP_ADDRESS;
      const { stdout } = from.exec(process.execPath, [CLIENT, address, String(port), 'x']);
      expect(stdout).toMatch(/^(ECONNRESET\n|ECONNREFUSED\n)?$/);
    }
    await expect.poll(() => open(app)).toEqual(before); // nothing goes round
  });

  describe.skipIf(PEER === 'envoy')("the kubelet's probes", () => {
    test('reach the agent around the proxy, and the application from 127.0.0.6', () => {
      remember();
      expect(JSON.parse(node.get(`http://${APP_BY_NODE}:15020/app-health/app/livez`))).toMatchObject({
        from: '127.0.0.6',
        to: APP_ADDRESS,
        url: '/live',
      });
      expect(node.get(`http://${APP_BY_NODE}:15020/app-health/app/readyz`)).toBe('');
      expect(node.get(`http://${APP_BY_NODE}:15021/healthz/ready`)).toBe('ready\n');
      expect(node.get(`http://${APP_BY_NODE}:15090/stats/prometheus`)).toContain('envoy_server_live{} 1\n');
      expect(since()).toEqual(around);
    });

    test('a stranger can neither drain nor end it', () => {
      for (const path of ['drain', 'quitquitquit']) {
        for (const address of [APP_BY_NODE, APP_ADDRESS]) {
          const { stdout } = node.exec('curl', [
            '-s',
            '-m',
            '3',
            '-X',
            'POST',
            '-o',
            '/dev/null',
            '-w',
            '%{http_code}',
            `http://${address}:15020/${path}`,
          ]);
          expect(stdout).toMatch(/^(403|000)$/);
        }
      }
      expect(node.get(`http://${APP_BY_NODE}:15021/healthz/ready`)).toBe('ready\n');
    });
  });
});

describe.skipIf(missing !== '')('TPROXY', () => {
  let pods: Pod[] = [];
  afterEach(() => Promise.all(pods.map((pod) => pod.remove())));

  test("inbound is taken without its addresses being changed, and passed on from the client's own; outbound as ever", async () => {
    const { client, app, node } = world();
    pods = [client, app, node];
    app.capture('-m', 'TPROXY');
    app.sidecar(PEER, { ISTIO_META_INTERCEPTION_MODE: 'TPROXY' });
    await Promise.all([app.app([APP]).until(/listens/), node.app([APP]).until(/listens/), app.ready()]);
    expect(JSON.parse(client.get(`http://${APP_ADDRESS}:8080/x`))).toMatchObject({
      from: CLIENT_ADDRESS,
      to: APP_ADDRESS,
    });
    expect(client.exec(process.execPath, [CLIENT, APP_ADDRESS, '9001']).stdout).toBe(`220 ${CLIENT_ADDRESS}\n`);
    expect(client.exec(process.execPath, [CLIENT, APP_ADDRESS, '9000', 'x']).stdout).toBe(`${CLIENT_ADDRESS} x\n`);
    expect(JSON.parse(node.get(`http://${APP_BY_NODE}:8080/z`))).toMatchObject({ from: NODE_ADDRESS, to: APP_BY_NODE });
    expect(passed(app)).toEqual({ out: 0, in: 4 });
    expect(JSON.parse(app.get(`http://${NODE_ADDRESS}:8080/y`))).toMatchObject({ from: APP_BY_NODE });
    expect(passed(app)).toEqual({ out: 1, in: 4 });
  });
});

/** Whether the response says that it is the last of its connection. */
function ends(from: Pod, url: string): boolean {
  return /^connection: close/im.test(from.get(url, { flags: ['-i'] }));
}

describe.skipIf(missing !== '' || PEER === 'envoy')('order', () => {
  let pods: Pod[] = [];
  afterEach(async () => {
    await Promise.all(pods.map((pod) => pod.remove()));
  });

  function start(): { client: Pod; app: Pod; node: Pod } {
    const all = world();
    pods = Object.values(all);
    return all;
  }

  test('between the rules and the sidecar everything is refused; weft wait holds the application back until it serves', async () => {
    const { app, client } = start();
    app.capture();
    await app.app([APP]).until(/listens/);
    expect(client.get(`http://${APP_ADDRESS}:8080/`)).toMatch(/^curl 7:/);
    const weft = join(REPOSITORY, 'bin/weft');
    const early = app.exec(process.execPath, [weft, 'wait', '--timeout', '200ms', '--period', '50ms']);
    expect(early).toMatchObject({ status: 1, stderr: expect.stringMatching(/not ready after 0.2 s: .*ECONNREFUSED/) });
    app.sidecar();
    expect(app.exec(process.execPath, [weft, 'wait'])).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(client.get(`http://${APP_ADDRESS}:8080/`))).toMatchObject({ from: '127.0.0.6' });
  });

  test('a Pod that ends: inbound runs out, the application still goes out, nothing in flight is lost', async () => {
    const { app, client, node } = start();
    app.capture();
    const sidecar = app.sidecar();
    const service = app.app([APP]);
    await Promise.all([service.until(/listens/), node.app([APP]).until(/listens/), app.ready()]);
    const slow = client.app([
      '-e',
      `fetch('http://${APP_ADDRESS}:8080/wait/1500').then((r) => r.text()).then(console.log, console.log)`,
    ]);
    await sleep(700);
    // The preStop handler of a native sidecar.
    const weft = join(REPOSITORY, 'bin/weft');
    expect(app.exec(process.execPath, [weft, 'request', '--debug-port=15020', 'POST', 'drain'])).toMatchObject({
      status: 0,
      stdout: 'OK\n',
    });
    expect(node.get(`http://${APP_BY_NODE}:15021/healthz/ready`)).toBe('not ready: it is draining\n');
    expect(JSON.parse(app.get(`http://${NODE_ADDRESS}:8080/bye`))).toMatchObject({ url: '/bye' });
    expect([ends(node, `http://${APP_BY_NODE}:8080/`), ends(app, `http://${NODE_ADDRESS}:8080/`)]).toEqual([
      true,
      false,
    ]);
    await slow.until(/\/wait\/1500/);
    service.signal('SIGTERM');
    await service.exited;
    sidecar.signal('SIGTERM');
    expect(await sidecar.exited).toBe(0);
    expect(sidecar.output).not.toContain('cut off');
  });

  test("a Job's sidecar ends when it is told to", async () => {
    const { app } = start();
    app.capture();
    const sidecar: Running = app.sidecar();
    await app.ready();
    const work = app.exec('sh', ['-c', 'curl -sS -X POST http://127.0.0.1:15020/quitquitquit']);
    expect(work).toMatchObject({ status: 0, stdout: 'OK' });
    expect(await sidecar.exited).toBe(0);
  });
});
