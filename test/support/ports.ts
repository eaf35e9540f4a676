// Ports for test processes: each is claimed by a file that names its owner, so that test files which run side by side
// never meet. The range is WEFT_TEST_PORTS ("first-last"), below the kernel's ephemeral range.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [FIRST, LAST] = (process.env['WEFT_TEST_PORTS'] ?? '21000-23999').split('-').map(Number);
const CLAIMS = join(tmpdir(), 'weft-test-ports');
const claimed = new Set<number>();

process.on('exit', () => {
  for (const port of claimed) rmSync(join(CLAIMS, String(port)), { force: true });
});

/** A TCP port of 127.0.0.1 on which nothing listens, held until this process ends. */
export async function freePort(): Promise<number> {
  mkdirSync(CLAIMS, { recursive: true });
  const count = LAST - FIRST + 1;
  const start = (process.pid * 37) % count;
  for (let i = 0; i < count; i++) {
    const port = FIRST + ((start + i) % count);
    if (claim(port)) {
      if (await bindable(port)) return port;
      release(port);
    }
  }
  throw new Error(`no free port in ${FIRST}-${LAST}`);
}

export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) ports.push(await freePort());
  return ports;
}

function claim(port: number): boolean {
  const file = join(CLAIMS, String(port));
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      claimed.add(port);
      return true;
    } catch {
      if (ownerLives(file)) return false;
      rmSync(file, { force: true });
    }
  }
  return false;
}

function release(port: number): void {
  rmSync(join(CLAIMS, String(port)), { force: true });
  claimed.delete(port);
}

function ownerLives(file: string): boolean {
  try {
    process.kill(Number(readFileSync(file, 'utf8')), 0);
    return true;
  } catch {
    return false;
  }
}

function bindable(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
