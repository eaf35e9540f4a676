// Builds the kube-apiserver that the tests of the injector run against, by Go, into ~/.cache/weft (or $WEFT_CACHE): about seven
// minutes of two cores, once. Prints its path. k8s.io/kubernetes is a module that nobody is meant to import: its own go.mod points at
// folders beside it, so each of those is replaced by what was published of the same release.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export const KUBERNETES = '1.37.2';

export function apiServerPath() {
  const cache = process.env.WEFT_CACHE ?? join(homedir(), '.cache/weft');
  return join(cache, 'kube', `v${KUBERNETES}`, 'kube-apiserver');
}

function go(folder, args) {
  const env = { ...process.env, GOFLAGS: '-mod=mod', CGO_ENABLED: '0' };
  const { status, stdout, error } = spawnSync('go', args, {
    cwd: folder,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (error !== undefined || status !== 0) {
    process.stderr.write(
      `kube_apiserver: go ${args.join(' ')} failed${error === undefined ? '' : `: ${error.message}`}\n`,
    );
    process.exit(1);
  }
  return stdout;
}

function writeModule(folder) {
  writeFileSync(join(folder, 'go.mod'), 'module weft.test/kube\n');
  const { GoMod: file } = JSON.parse(go(folder, ['mod', 'download', '-json', `k8s.io/kubernetes@v${KUBERNETES}`]));
  const text = readFileSync(file, 'utf8');
  const staged = [...text.matchAll(/^\s*(k8s\.io\/[a-z-]+) => \.\/staging/gm)].map(([, name]) => name);
  const published = `v0.${KUBERNETES.split('.').slice(1).join('.')}`;
  const lines = [
    'module weft.test/kube',
    `go ${/^go (\S+)/m.exec(text)[1]}`,
    `require k8s.io/kubernetes v${KUBERNETES}`,
    ...staged.map((name) => `replace ${name} => ${name} ${published}`),
  ];
  writeFileSync(join(folder, 'go.mod'), `${lines.join('\n')}\n`);
  writeFileSync(
    join(folder, 'server.go'),
    '//go:build never\n\npackage kube\n\nimport _ "k8s.io/kubernetes/cmd/kube-apiserver"\n',
  );
}

function build(target) {
  const folder = join(target, '..', 'module');
  mkdirSync(folder, { recursive: true });
  writeModule(folder);
  go(folder, ['mod', 'tidy', '-e']);
  const version = 'k8s.io/component-base/version';
  const [major, minor] = KUBERNETES.split('.');
  const flags = `-s -w -X ${version}.gitVersion=v${KUBERNETES} -X ${version}.gitMajor=${major} -X ${version}.gitMinor=${minor}`;
  const part = `${target}.${process.pid}`;
  go(folder, ['build', '-trimpath', '-ldflags', flags, '-o', part, 'k8s.io/kubernetes/cmd/kube-apiserver']);
  renameSync(part, target);
}

if (process.argv[1] === import.meta.filename) {
  const target = apiServerPath();
  if (!existsSync(target)) build(target);
  process.stdout.write(`${target}\n`);
}
