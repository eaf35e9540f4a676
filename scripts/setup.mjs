// Makes the tree ready to run: installs what is missing or stale, builds what is stale. Node built-ins only, because it
// runs before anything is installed. `node scripts/setup.mjs`, or `ensureReady()` from the other scripts and bin/weft.
import { spawnSync } from 'node:child_process';
import { lstatSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MINIMUM_NODE = [20, 20];

/** What each part is built from; `bench` holds the compiled benchmarks and the helpers they share with the tests. */
export const PARTS = {
  core: ['assembly', 'asconfig.json'],
  host: ['host', 'proto', 'assembly/abi.ts', 'tsconfig.json', 'tsconfig.build.json'],
  bench: ['bench', 'test/support', 'host', 'assembly/abi.ts', 'tsconfig.json', 'tsconfig.bench.json'],
};

/** Installs and builds until `parts` are fresh; exits with a sentence and status 70 when that fails. */
export function ensureReady(parts = ['core', 'host']) {
  checkPlatform();
  if (!installed()) install();
  const stale = parts.filter((part) => !fresh(part));
  if (stale.length > 0) {
    say(`building ${stale.join(' and ')} …`);
    run(process.execPath, ['scripts/build.mjs', ...stale.map((part) => `--${part}`)]);
  }
}

function checkPlatform() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const tooOld = major < MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor < MINIMUM_NODE[1]);
  if (tooOld) fail(`Node ${MINIMUM_NODE.join('.')} or newer is needed; this is ${process.versions.node}`);
  if (process.platform !== 'linux') fail(`Linux is needed (epoll, SO_REUSEPORT, splice); this is ${process.platform}`);
}

/** Whether node_modules holds what package-lock.json names. Packages of other platforms may be absent. */
function installed() {
  const have = readJson('node_modules/.package-lock.json')?.packages;
  if (!have) return false;
  const wanted = Object.entries(readJson('package-lock.json').packages);
  return wanted.every(([path, { version, optional }]) => {
    if (path === '') return true;
    return have[path] ? have[path].version === version : optional === true;
  });
}

function install() {
  if (lstatSync(join(ROOT, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink()) {
    fail('node_modules is a link and does not match package-lock.json: install where it points to');
  }
  say('installing packages …');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
}

/** build.mjs touches a stamp when it starts a part; a part is fresh while no input is younger than that. */
function fresh(part) {
  const stamp = statSync(join(ROOT, 'dist', `.${part}.built`), { throwIfNoEntry: false });
  return stamp !== undefined && PARTS[part].every((input) => newest(join(ROOT, input)) <= stamp.mtimeMs);
}

/** The youngest change below `path`; a folder's own time tells of files that were removed. */
function newest(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  return readdirSync(path).reduce((latest, name) => Math.max(latest, newest(join(path, name))), stat.mtimeMs);
}

function readJson(name) {
  try {
    return JSON.parse(readFileSync(join(ROOT, name), 'utf8'));
  } catch {
    return undefined;
  }
}

function run(command, args) {
  // Standard output belongs to the command that asked for the set-up (`weft validate -o json`).
  const { status, error } = spawnSync(command, args, { cwd: ROOT, stdio: ['ignore', 2, 2] });
  if (status !== 0) fail(`${command} ${args.join(' ')}: ${error?.message ?? `ended with status ${status}`}`);
}

function say(line) {
  process.stderr.write(`weft: ${line}\n`);
}

function fail(reason) {
  say(reason);
  process.exit(70);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) ensureReady();
