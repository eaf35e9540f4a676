// The import lines of the tree, held to ARCHITECTURE.md: what may know what.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { compileCore } from '../host/core/load.js';
import { REPOSITORY } from './support/repository.js';

interface Import {
  from: string;
  to: string;
  typeOnly: boolean;
}

const IMPORT = /^(?:import|export)\s+(type\s)?[^'"]*?from\s+'([^']+)'|import\('([^']+)'\)/gm;

function sources(folder: string): string[] {
  return readdirSync(join(REPOSITORY, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));
}

function imports(folder: string): Import[] {
  return sources(folder).flatMap((from) => {
    const text = readFileSync(join(REPOSITORY, from), 'utf8');
    return [...text.matchAll(IMPORT)].map(([, typeOnly, statically, dynamically]) => {
      const name = statically ?? dynamically;
      const to = name.startsWith('.') ? relative('.', join(dirname(from), name)).replace(/\.js$/, '') : name;
      return { from, to, typeOnly: typeOnly !== undefined };
    });
  });
}

function offenders(found: readonly Import[], allowed: (each: Import) => boolean): string[] {
  return found.filter((each) => !allowed(each)).map(({ from, to }) => `${from} imports ${to}`);
}

const CONFIGURATION = /^host\/(config|compile|control|cli|cluster|admin|access_log|stats)\//;

test('the tree is read at all', () => {
  expect(imports('host').length).toBeGreaterThan(300);
  expect(imports('assembly').length).toBeGreaterThan(300);
});

test('nothing in the data path imports the configuration path', () => {
  const found = [...imports('host/data'), ...imports('host/io'), ...imports('host/core')];
  expect(offenders(found, ({ to }) => !CONFIGURATION.test(to))).toEqual([]);
});

test('only host/io knows the foreign function interface', () => {
  const found = imports('host').filter(({ to }) => to === 'koffi');
  expect(found.length).toBeGreaterThan(0);
  expect(offenders(found, ({ from }) => from.startsWith('host/io/'))).toEqual([]);
});

test('the core imports nothing but itself, and the host only its numbers', () => {
  expect(offenders(imports('assembly'), ({ to }) => to.startsWith('assembly/'))).toEqual([]);
  const found = imports('host').filter(({ to }) => to.startsWith('assembly/'));
  expect(offenders(found, ({ to }) => to === 'assembly/abi')).toEqual([]);
});

test('the shared numbers are a leaf', () => {
  const text = readFileSync(join(REPOSITORY, 'assembly/abi.ts'), 'utf8');
  expect(text).not.toMatch(/^import/m);
  for (const line of text.split('\n')) expect(line).toMatch(/^(export const [A-Z0-9_]+ = -?[0-9a-fx]+;|\/\/|$)/i);
});

test('the proxy never imports the pure-JS path', () => {
  expect(offenders(imports('host'), ({ to }) => !to.startsWith('bench/') && !to.startsWith('test/'))).toEqual([]);
});

test('the release build of the core imports its memory and nothing else', () => {
  expect(WebAssembly.Module.imports(compileCore())).toEqual([{ module: 'env', name: 'memory', kind: 'memory' }]);
});

test('only the injector knows its Kubernetes client and its X.509 library', () => {
  const found = imports('host').filter(({ to }) => /^@(?:kubernetes|peculiar)\//.test(to));
  expect(offenders(found, ({ from }) => from.startsWith('host/injector/'))).toEqual([]);
  const injector = imports('host').filter(({ to }) =>
    /^host\/injector\/(?:webhook|certificates|kubernetes)\//.test(to),
  );
  const own = /^host\/(?:injector\/|cli\/injector\.ts)/;
  expect(offenders(injector, ({ from }) => own.test(from))).toEqual([]);
});

test('gRPC is known to one file of the proxy and one of the embedded control plane, which load it when they need it', () => {
  const known = ['host/grpc/channel.ts', 'host/dev/grpc_server.ts'];
  const found = imports('host').filter(({ to }) => to.startsWith('@grpc/'));
  expect(offenders(found, ({ from }) => known.includes(from))).toEqual([]);
  for (const file of known) {
    expect(readFileSync(join(REPOSITORY, file), 'utf8')).not.toMatch(/^import (?!type).*@grpc/m);
  }
});

test('the embedded control plane shares nothing with the client but the kinds of resources, and nobody knows it but its command', () => {
  const client = imports('host/dev').filter(({ to }) => to.startsWith('host/xds/'));
  expect(offenders(client, ({ to }) => to === 'host/xds/kinds')).toEqual([]);
  const users = imports('host').filter(({ from, to }) => to.startsWith('host/dev/') && !from.startsWith('host/dev/'));
  expect(offenders(users, ({ from }) => from === 'host/cli/dev.ts')).toEqual([]);
});
