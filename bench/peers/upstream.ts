// The upstream of every run: nginx, one worker, answers from memory (64 bytes) and from files (10 KiB, 1 MiB).
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Child } from './child.js';

export interface Body {
  name: string;
  size: number;
  path: string;
}

export const BODIES: Body[] = [
  { name: '64 B', size: 64, path: '/64' },
  { name: '10 KiB', size: 10 * 1024, path: '/10k' },
  { name: '1 MiB', size: 1024 * 1024, path: '/1m' },
];

/** Main context of an nginx with one worker that neither forks into the background nor drops to another user. */
export function nginxPreamble(folder: string): string {
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  return `daemon off; ${user} worker_processes 1; worker_rlimit_nofile 65536; pid ${folder}/nginx.pid;
error_log stderr crit; events { worker_connections 16384; }`;
}

export const NGINX_TEMP_PATHS = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  .map((name) => `${name}_temp_path temp_${name};`)
  .join(' ');

export async function startUpstream(folder: string, port: number): Promise<Child> {
  return Child.start('nginx', upstreamArguments(folder, `127.0.0.1:${port}`), port);
}

/** What nginx is to be started with, to listen on `address`. */
export function upstreamArguments(folder: string, address: string): string[] {
  for (const { size, path } of BODIES.slice(1)) writeFileSync(join(folder, path), 'x'.repeat(size));
  const small = 'x'.repeat(BODIES[0].size);
  const config = `${nginxPreamble(folder)}
http {
  access_log off; sendfile on; tcp_nodelay on; ${NGINX_TEMP_PATHS}
  keepalive_requests 1000000000; keepalive_timeout 1h; open_file_cache max=16;
  server {
    listen ${address} backlog=4096; root ${folder};
    location ~ /64$ { return 200 ${small}; }
    location ~ /10k$ { rewrite ^ /10k break; }
    location ~ /1m$ { rewrite ^ /1m break; }
  }
}
`;
  const file = join(folder, 'upstream.conf');
  writeFileSync(file, config);
  return ['-p', folder, '-c', file];
}
