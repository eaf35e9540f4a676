// Matching the last of 10, 1,000 and 10,000 routes: the core, a linear scan in plain JavaScript, find-my-way.
import findMyWay from 'find-my-way';
import { compileRouteConfig, type RouteConfiguration } from '../../host/compile/route_config.js';
import { testCore } from '../../test/support/core.js';
import { input } from '../../test/support/http1.js';
import { W_REQUEST_HEAD } from '../../assembly/abi.js';
import { ReferenceRoutes, type ReferenceRequest } from '../reference/route.js';
import { answer, type Contender, type MicroCase } from './contender.js';

const BATCH = 64;

function pathOf(i: number): string {
  return `/api/v1/service-${i}/items`;
}

/** `count` prefix routes in one virtual host, as decoded messages have them. */
function configuration(count: number): RouteConfiguration {
  const none = {
    request_headers_to_add: [],
    request_headers_to_remove: [],
    response_headers_to_add: [],
    response_headers_to_remove: [],
  };
  const routes = Array.from({ length: count }, (_, i) => ({
    match: { path_specifier: 'prefix', prefix: pathOf(i), headers: [], query_parameters: [] },
    route: { cluster_specifier: 'cluster', cluster: 'c' },
    action: 'route',
    ...none,
  }));
  const hosts = [{ name: 'all', domains: ['*'], require_tls: 0, routes, ...none }];
  return { name: 'r', virtual_hosts: hosts, ...none } as unknown as RouteConfiguration;
}

function core(count: number): Contender {
  return {
    name: 'core (WASM)',
    batch: BATCH,
    setup: () => {
      const t = testCore();
      const { object } = compileRouteConfig(t.control, configuration(count), { clusterIndex: () => 0 });
      const head = t.W + W_REQUEST_HEAD;
      const message = Buffer.from(`GET ${pathOf(count - 1)}/7?x=1 HTTP/1.1\r\nhost: a.com\r\n\r\n`);
      const p = input(t, message);
      t.worker.exports.parseRequest(head, p, p + message.length, 100, 0);
      const match = t.worker.exports.routeMatchFor;
      const found = match(object, head, 0, 0, 0 as never);
      answer(t.worker.u32[(found >> 2) + 20], count - 1); // Route.index
      return () => {
        for (let i = 0; i < BATCH; i++) answer(match(object, head, 0, i, 0 as never), found);
      };
    },
  };
}

function scan(count: number): Contender {
  return {
    name: 'pure JavaScript',
    setup: () => {
      const routes = new ReferenceRoutes(configuration(count));
      const request: ReferenceRequest = {
        method: 'GET',
        authority: 'a.com',
        path: `${pathOf(count - 1)}/7?x=1`,
        headers: [],
        scheme: 'http',
        random: 0n,
      };
      return () => answer(routes.match(request)?.index ?? -1, count - 1);
    },
  };
}

function findMyWayContender(count: number): Contender {
  return {
    name: 'find-my-way',
    batch: BATCH,
    setup: () => {
      const router = findMyWay();
      for (let i = 0; i < count; i++) router.on('GET', `${pathOf(i)}/*`, () => i, { index: i });
      const path = `${pathOf(count - 1)}/7`;
      return () => {
        for (let i = 0; i < BATCH; i++) {
          const found = router.find('GET', path)?.store as { index: number } | undefined;
          answer(found?.index ?? -1, count - 1);
        }
      };
    },
  };
}

export const ROUTE_CASES: readonly MicroCase[] = [1, 10, 1_000, 10_000].map((count) => ({
  name: `route match, the last of ${count.toLocaleString('en')}`,
  contenders: [core(count), scan(count), findMyWayContender(count)],
}));
