// Resources from real files that are moved into place.
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { CLUSTER } from '../../../host/xds/kinds.js';
import { PathSource } from '../../../host/xds/path_source.js';
import { descriptors, encoded, receiverOf, sotwResponse } from '../../support/discovery.js';
import { edsCluster } from '../../support/xds_resources.js';

let folder: string;
let source: PathSource | undefined;

beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'weft-path-'))));
afterEach(() => {
  source?.close();
  rmSync(folder, { recursive: true });
});

function put(name: string, content: string | Uint8Array): void {
  writeFileSync(join(folder, `${name}.new`), content);
  renameSync(join(folder, `${name}.new`), join(folder, name));
}

function open(name: string, directory?: string) {
  const { known, receiver, sink } = receiverOf(CLUSTER);
  const warnings: string[] = [];
  const path = join(folder, name);
  known.receivers.clear();
  source = new PathSource({ path, directory, descriptors, receiver: known, warn: (text) => warnings.push(text) });
  source.update(receiver);
  return { known, sink, warnings, names: () => [...sink.serving.keys()] };
}

const response = (...names: string[]) => ({ version_info: names.join(), resources: names.map((n) => edsCluster(n)) });

for (const [name, write] of [
  ['cds.yaml', (...names: string[]) => stringify(response(...names))],
  ['cds.json', (...names: string[]) => JSON.stringify(response(...names))],
  [
    'cds.pb',
    (...names: string[]) =>
      encoded(
        sotwResponse(
          '1',
          '',
          names.map((each) => edsCluster(each)),
        ),
      ),
  ],
] as const) {
  test(`${name} is read, and again when another is moved into its place`, async () => {
    put(name, write('a', 'b'));
    const { names } = open(name);
    await vi.waitFor(() => expect(names()).toEqual(['a', 'b']));
    put(name, write('b', 'c'));
    await vi.waitFor(() => expect(names()).toEqual(['b', 'c']));
  });

  test(`a broken ${name} is refused and the last good one serves on, until it is mended`, async () => {
    put(name, write('a'));
    const { names, warnings, known } = open(name);
    await vi.waitFor(() => expect(names()).toEqual(['a']));
    put(name, '\x0a\xff{ resources: [');
    await vi.waitFor(() => expect(warnings).toHaveLength(1));
    expect(warnings[0]).toContain('what was there serves on');
    expect([names(), known.counters.rejected]).toEqual([['a'], 1]);
    put(name, write('b'));
    await vi.waitFor(() => expect(names()).toEqual(['b']));
  });
}

test('a bad resource in a file is refused alone', async () => {
  const bad = edsCluster('bad', { connect_timeout: '-1s' });
  put('cds.json', JSON.stringify({ resources: [edsCluster('a'), bad] }));
  const { names, warnings } = open('cds.json');
  await vi.waitFor(() => expect(names()).toEqual(['a']));
  expect(warnings[0]).toContain('CDS bad connect_timeout');
});

test('a file that is not there yet is read when it comes', async () => {
  const { names, warnings } = open('cds.yaml');
  await vi.waitFor(() => expect(warnings).toHaveLength(1));
  put('cds.yaml', stringify(response('a')));
  await vi.waitFor(() => expect(names()).toEqual(['a']));
});

test('with a watched directory any rename in it is heard', async () => {
  put('cds.yaml', stringify(response('a')));
  const watched = mkdtempSync(join(folder, 'watched-'));
  const { names } = open('cds.yaml', watched);
  await vi.waitFor(() => expect(names()).toEqual(['a']));
  writeFileSync(join(folder, 'cds.yaml'), stringify(response('b')));
  writeFileSync(join(folder, 'data'), '');
  renameSync(join(folder, 'data'), join(watched, '..data'));
  await vi.waitFor(() => expect(names()).toEqual(['b']));
});
