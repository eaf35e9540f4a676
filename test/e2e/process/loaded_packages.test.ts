// What a running proxy loads is what has been looked at: each package is memory in every Pod and a way in for its authors.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { bootstrap, httpListener } from '../../support/bootstrap.js';
import { Peer } from '../../support/peer.js';
import { freePorts } from '../../support/ports.js';
import { REPOSITORY } from '../../support/repository.js';

const ALLOWED =
  /^(commander|@assemblyscript\/loader|yaml|koffi|@koromix\/koffi-linux-[a-z0-9]+|protobufjs|@protobufjs\/[a-z0-9]+|long)$/;

test('a serving proxy has loaded no package but those of the list, and none of the injector', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'weft-loaded-'));
  const list = join(folder, 'loaded');
  const [adminPort, port, upstream] = await freePorts(3);
  const preload = pathToFileURL(join(REPOSITORY, 'test/support/loaded_packages.mjs')).href;
  const weft = await Peer.start('weft', {
    bootstrap: bootstrap(adminPort, [httpListener('http', { port })], { upstream: { endpoints: [upstream] } }),
    adminPort,
    concurrency: 1,
    env: { NODE_OPTIONS: `--import ${preload}`, WEFT_TEST_LOADED: list },
  });
  try {
    await fetch(`http://127.0.0.1:${port}/`); // answered 503: nothing is there, but all of the path has run
    const paths = readFileSync(list, 'utf8').trim().split('\n');
    const packages = new Set(
      paths.map((path) => /^((?:@[^/]+\/)?[^/]+)/.exec(path.split('/node_modules/').at(-1) ?? '')?.[1]),
    );
    expect([...packages].filter((name) => name === undefined || !ALLOWED.test(name))).toEqual([]);
    expect([...packages]).toEqual(expect.arrayContaining(['koffi', 'protobufjs']));
  } finally {
    await weft.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
