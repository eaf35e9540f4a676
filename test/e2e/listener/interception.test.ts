// Connections that the kernel redirects find their listener, their filter chain and their destination: the virtual listeners of a sidecar
// in two network namespaces, over REDIRECT and TPROXY, IPv4 and IPv6.
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missingForNamespaces, Namespace } from '../../support/netns.js';
import { REPOSITORY } from '../../support/repository.js';
import { SidecarConfiguration } from './sidecar_listeners.js';

const missing = missingForNamespaces('iptables', 'ip6tables', 'setpriv', 'curl', 'bash', 'openssl', 'ss');
if (missing !== '') console.warn(`listener: interception not tried in network namespaces: ${missing}`);

const POD = { ipv4: '10.9.0.7', ipv6: 'fd00:9::7' };
const ELSEWHERE = { ipv4: '10.9.0.1', ipv6: 'fd00:9::1' };
const PORTS = { application: 8000, serverFirst: 2525, service: 8080, tls: 8443, blocked: 9999 };
const ADMIN = 15000;
const PROXY_UID = '1337';
const FAMILIES = ['ipv4', 'ipv6'] as const;

const host = (address: string): string => (address.includes(':') ? `[${address}]` : address);

class Sidecar {
  readonly pod = Namespace.create('pod')!;
  readonly elsewhere = Namespace.create('peer')!;
  private readonly folder = mkdtempSync(join(tmpdir(), 'weft-interception-'));
  private readonly log = join(this.folder, 'access.log');

  constructor() {
    const addresses = (of: typeof POD): string[] => [`${of.ipv4}/24`, `${of.ipv6}/64`];
    Namespace.join([this.pod, 'eth0', addresses(POD)], [this.elsewhere, 'eth0', addresses(ELSEWHERE)]);
    writeFileSync(this.log, '');
    chmodSync(this.folder, 0o755);
    chmodSync(this.log, 0o666);
  }

  async start(transparent: boolean): Promise<void> {
    await this.application(this.pod, PORTS.application);
    await this.application(this.elsewhere, PORTS.service);
    const file = join(this.folder, 'bootstrap.json');
    const bootstrap = new SidecarConfiguration(this.log, PORTS).bootstrap(ADMIN, transparent);
    writeFileSync(file, JSON.stringify(bootstrap));
    const weft = [
      join(REPOSITORY, 'bin/weft'),
      'proxy',
      '-c',
      file,
      '--concurrency',
      '1',
      '--file-flush-interval-msec',
      '20',
    ];
    // TPROXY needs CAP_NET_ADMIN: by the group the proxy's own connections are known then.
    const user = transparent
      ? ['--regid=1337', '--clear-groups']
      : [`--reuid=${PROXY_UID}`, '--regid=1337', '--clear-groups'];
    this.pod.start('setpriv', [...user, process.execPath, ...weft]);
    for (let i = 0; i < 100; i++) {
      if (this.pod.run('curl', ['-sf', '-m', '1', `http://127.0.0.1:${ADMIN}/ready`]).status === 0) return;
      await sleep(100);
    }
    throw new Error('the proxy is not ready');
  }

  private async application(where: Namespace, port: number): Promise<void> {
    const script = join(REPOSITORY, 'test/e2e/listener/application.mjs');
    const child = where.start(process.execPath, [script, String(port), String(PORTS.serverFirst)]);
    await once(child.stdout!, 'data');
  }

  async tlsServer(port: number): Promise<void> {
    const [key, cert] = [join(this.folder, 'key.pem'), join(this.folder, 'cert.pem')];
    const made = '-x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=test'.split(' ');
    this.pod.must('openssl', 'req', ...made, '-keyout', key, '-out', cert);
    this.pod.start('openssl', ['s_server', '-accept', String(port), '-cert', cert, '-key', key, '-www', '-quiet']);
    for (let i = 0; i < 50 && !this.pod.must('ss', '-ltn').includes(`:${port} `); i++) await sleep(50);
  }

  redirect(): void {
    for (const iptables of ['iptables', 'ip6tables']) {
      const nat = (...args: string[]): unknown => this.pod.must(iptables, '-t', 'nat', '-A', ...args);
      nat('OUTPUT', '-o', 'lo', '-j', 'RETURN');
      nat('OUTPUT', '-p', 'tcp', '-m', 'owner', '--uid-owner', PROXY_UID, '-j', 'RETURN');
      nat('OUTPUT', '-p', 'tcp', '-j', 'REDIRECT', '--to-ports', '15001');
      nat('PREROUTING', '-p', 'tcp', '-j', 'REDIRECT', '--to-ports', '15006');
    }
  }

  divert(): void {
    const mangle = (...args: string[]): unknown => this.pod.must('iptables', '-t', 'mangle', '-A', ...args);
    mangle('PREROUTING', '-i', 'lo', '-j', 'RETURN');
    mangle('PREROUTING', '-p', 'tcp', '-j', 'TPROXY', '--on-port', '15006', '--tproxy-mark', '1337/0xffffffff');
    this.pod.must('ip', 'rule', 'add', 'fwmark', '1337', 'lookup', '133');
    this.pod.must('ip', 'route', 'add', 'local', '0.0.0.0/0', 'dev', 'lo', 'table', '133');
  }

  /** What a connection is answered to `send`, by a client that waits for `first` before it speaks. */
  talk(from: Namespace, address: string, port: number, send: string): string {
    const script = `exec 3<>/dev/tcp/${address}/${port} && read -r line <&3 && echo "$line" && printf '${send}\\n' >&3 && cat <&3`;
    return from.run('timeout', ['4', 'bash', '-c', script]).stdout;
  }

  get(from: Namespace, address: string, port: number): { body: string; chain: string } {
    const url = `http://${host(address)}:${port}/`;
    const { stdout } = from.run('curl', ['-s', '-m', '4', '-i', url]);
    const [head, body = ''] = stdout.split('\r\n\r\n');
    return { body, chain: /x-chain: (\S+)/.exec(head)?.[1] ?? '' };
  }

  /** Resolves once there is that line in the access log. */
  async logged(wanted: string): Promise<void> {
    for (let i = 0; i < 60; i++) {
      const lines = existsSync(this.log) ? readFileSync(this.log, 'utf8').split('\n').slice(0, -1) : [];
      if (lines.includes(wanted)) return;
      await sleep(50);
    }
    throw new Error(`no line "${wanted}" in:\n${readFileSync(this.log, 'utf8')}`);
  }

  stat(name: string): number {
    const { stdout } = this.pod.run('curl', ['-s', `http://127.0.0.1:${ADMIN}/stats?filter=${name}`]);
    return Number(stdout.trim().split('\n')[0]?.split(': ')[1]);
  }

  remove(): void {
    this.pod.remove();
    this.elsewhere.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

describe.skipIf(missing !== '')('REDIRECT', () => {
  let sidecar: Sidecar;
  beforeAll(async () => {
    sidecar = new Sidecar();
    await sidecar.start(false);
    sidecar.redirect();
  }, 30_000);
  afterAll(() => sidecar?.remove());

  test.each(FAMILIES)(
    'a request of the application is handed over to the listener of its port (%s)',
    async (family) => {
      const { body, chain } = sidecar.get(sidecar.pod, ELSEWHERE[family], PORTS.service);
      expect(body).toContain(ELSEWHERE[family]);
      expect(chain).toBe('outbound');
      const destination = `${host(ELSEWHERE[family])}:${PORTS.service}`;
      await sidecar.logged(`service-http ${destination} 15001 - PassthroughCluster ${destination} -`);
    },
  );

  test.each(FAMILIES)(
    'what no listener is for stays with the virtual one and goes where it wanted (%s)',
    async (family) => {
      const { pod } = sidecar;
      expect(sidecar.talk(pod, ELSEWHERE[family], PORTS.serverFirst, 'hello')).toBe('220 welcome\nyou said hello\n');
      const destination = `${host(ELSEWHERE[family])}:${PORTS.serverFirst}`;
      await sidecar.logged(`virtualOutbound-catchall-tcp ${destination} 15001 - PassthroughCluster ${destination} -`);
    },
  );

  test('a connection to the virtual port itself meets the black hole', async () => {
    expect(sidecar.get(sidecar.pod, ELSEWHERE.ipv4, 15001).body).toBe('');
    await sidecar.logged(`virtualOutbound-blackhole ${ELSEWHERE.ipv4}:15001 15001 - BlackHoleCluster - UH`);
  });

  test.each(FAMILIES)('a request into the Pod is inspected and routed (%s)', async (family) => {
    const { body, chain } = sidecar.get(sidecar.elsewhere, POD[family], PORTS.application);
    expect(body).toContain(POD[family]);
    expect(chain).toBe('inbound');
    const destination = `${host(POD[family])}:${PORTS.application}`;
    await sidecar.logged(
      `0.0.0.0_${PORTS.application} ${destination} 15006 - InboundPassthroughCluster ${destination} -`,
    );
  });

  test.each(FAMILIES)(
    'a server that speaks first is not waited for where inspection is disabled (%s)',
    async (family) => {
      const before = sidecar.stat('listener.*15006.downstream_pre_cx_timeout');
      expect(sidecar.talk(sidecar.elsewhere, POD[family], PORTS.serverFirst, 'x')).toBe('220 welcome\nyou said x\n');
      const destination = `${host(POD[family])}:${PORTS.serverFirst}`;
      await sidecar.logged(`virtualInbound-catchall ${destination} 15006 - InboundPassthroughCluster ${destination} -`);
      // Only tls_inspector waits there, until the timeout lets it go on.
      expect(sidecar.stat('listener.*15006.downstream_pre_cx_timeout')).toBe(before + 1);
    },
  );

  test('TLS is told by its server name and application protocol, and none of its bytes is lost', async () => {
    await sidecar.tlsServer(PORTS.tls);
    const destination = `${POD.ipv4}:${PORTS.tls}`;
    const https = (name: string, ...args: string[]): string => {
      const to = ['--connect-to', `${name}:443:${destination}`];
      return sidecar.elsewhere.run('curl', ['-sk', '-m', '4', ...to, ...args, `https://${name}/`]).stdout;
    };
    expect(https('a.mesh.example')).toContain('Ciphers supported');
    await sidecar.logged(
      `virtualInbound-sni ${destination} 15006 a.mesh.example InboundPassthroughCluster ${destination} -`,
    );
    expect(https('b.elsewhere.example')).toContain('Ciphers supported');
    await sidecar.logged(
      `virtualInbound-catchall-tls ${destination} 15006 b.elsewhere.example InboundPassthroughCluster ${destination} -`,
    );
  });

  test('a port with a chain of its own has no other: what that chain does not match is closed, as in Envoy', async () => {
    const { elsewhere } = sidecar;
    elsewhere.run('curl', ['-sk', '-m', '4', `https://${POD.ipv4}:${PORTS.application}/`]);
    await sidecar.logged(`- ${POD.ipv4}:${PORTS.application} 15006 - - - NR`);
    expect(sidecar.stat('listener.*15006.no_filter_chain_match')).toBe(1);
  });

  test('nothing is left of the connections', async () => {
    await sleep(300);
    expect(sidecar.stat('listener.*15001.downstream_pre_cx_active')).toBe(0);
    expect(sidecar.stat('listener.*15006.downstream_pre_cx_active')).toBe(0);
  });
});

describe.skipIf(missing !== '')('TPROXY', () => {
  let sidecar: Sidecar;
  beforeAll(async () => {
    sidecar = new Sidecar();
    await sidecar.start(true);
    sidecar.divert();
  }, 30_000);
  afterAll(() => sidecar?.remove());

  test("a transparent listener takes the socket's own address for the destination", async () => {
    const { body, chain } = sidecar.get(sidecar.elsewhere, POD.ipv4, PORTS.application);
    expect(body).toContain(POD.ipv4);
    expect(chain).toBe('inbound');
    const destination = `${POD.ipv4}:${PORTS.application}`;
    await sidecar.logged(
      `0.0.0.0_${PORTS.application} ${destination} ${PORTS.application} - InboundPassthroughCluster ${destination} -`,
    );
  });

  test('a server that speaks first is reached', () => {
    expect(sidecar.talk(sidecar.elsewhere, POD.ipv4, PORTS.serverFirst, 'x')).toBe('220 welcome\nyou said x\n');
  });
});
