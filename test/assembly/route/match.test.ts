import { describe, expect, test } from 'vitest';
import { RouteTester } from '../../support/route.js';

const tester = new RouteTester();

function clusters(yaml: string, requests: [path: string, authority?: string][]): (string | null | undefined)[] {
  tester.load(yaml);
  return requests.map(([path, authority]) => tester.match({ path, authority })?.cluster);
}

describe('the first route in order wins', () => {
  test('an earlier prefix hides a later, longer one', () => {
    const yaml = `
virtual_hosts:
- name: all
  domains: ['*']
  routes:
  - { match: { prefix: /a }, route: { cluster: short } }
  - { match: { prefix: /a/b }, route: { cluster: long } }
  - { match: { path: /b }, route: { cluster: exact } }
  - { match: { prefix: / }, route: { cluster: rest } }
`;
    expect(clusters(yaml, [['/a'], ['/a/b/c'], ['/b'], ['/bb'], ['/b?x=/a'], ['/']])).toEqual([
      'short',
      'short',
      'exact',
      'rest',
      'exact',
      'rest',
    ]);
  });

  test('path_separated_prefix ends at a segment', () => {
    const yaml = `
virtual_hosts:
- name: all
  domains: ['*']
  routes:
  - { match: { path_separated_prefix: /api }, route: { cluster: api } }
`;
    expect(clusters(yaml, [['/api'], ['/api/x'], ['/api?x'], ['/apix'], ['/ap']])).toEqual([
      'api',
      'api',
      'api',
      undefined,
      undefined,
    ]);
  });

  test('case_sensitive: false competes with other routes by rank', () => {
    const yaml = `
virtual_hosts:
- name: all
  domains: ['*']
  routes:
  - { match: { path: /ExAct, case_sensitive: false }, route: { cluster: loose } }
  - { match: { path: /exact }, route: { cluster: strict } }
  - { match: { prefix: /Pre }, route: { cluster: strict_prefix } }
  - { match: { prefix: /pre, case_sensitive: false }, route: { cluster: loose_prefix } }
`;
    expect(clusters(yaml, [['/exact'], ['/EXACT'], ['/Prefix'], ['/prefix'], ['/PRE']])).toEqual([
      'loose',
      'loose',
      'strict_prefix',
      'loose_prefix',
      'loose_prefix',
    ]);
  });
});
