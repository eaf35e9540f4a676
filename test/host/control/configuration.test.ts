// What `weft validate` finds in how the parts of a bootstrap refer to each other.
import { expect, test } from 'vitest';
import { decodeBootstrap } from '../../../host/config/bootstrap.js';
import { Descriptors } from '../../../host/config/descriptors.js';
import { ConfigSource } from '../../../host/config/source.js';
import { checkConfiguration } from '../../../host/control/configuration.js';
import { compileCore, createMemory, loadCore } from '../../../host/core/load.js';
import { BOOTSTRAP_OF } from '../../support/configuration.js';

const descriptors = new Descriptors();
const core = loadCore(createMemory(), compileCore());

/** The findings of a fragment; the one cluster is called `payments`. */
function findings(kind: string, text: string): (string | undefined)[][] {
  const source = new ConfigSource(
    'a.yaml',
    BOOTSTRAP_OF[kind](text).replace('{name: a, type', '{name: payments, type'),
  );
  const { bootstrap } = decodeBootstrap([source], { unsupportedFields: 'refuse', descriptors });
  return checkConfiguration(bootstrap, core).map(({ code, value, suggestion }) => [code, value, suggestion]);
}

test.each([
  ['tcp_proxy', 'cluster: pymnets', 'pymnets', 'payments'],
  ['routes', '- {match: {prefix: /}, route: {cluster: payment}}', 'payment', 'payments'],
  ['routes', '- {match: {prefix: /}, route: {cluster: orders}}', 'orders', undefined],
])('%s, %s: a cluster that is not there, and the one that may be meant', (kind, text, value, suggestion) => {
  expect(findings(kind, text)).toEqual([['WEFT1401', JSON.stringify(value), suggestion]]);
});
