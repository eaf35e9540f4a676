// One page of metrics for the whole Pod, from real applications with their faults.
import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { badLine, openMetricsToText, textToOpenMetrics } from '../../../host/agent/metrics_format.js';
import { ask, startAgent, type Reply } from '../../support/agent.js';
import { freePort } from '../../support/ports.js';

const OWN = '# TYPE envoy_up gauge\nenvoy_up{} 1\n';
const TEXT = 'text/plain; version=0.0.4; charset=utf-8';
const OPEN = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function app(handler: RequestListener): Promise<number> {
  const server: Server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  closers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

function answers(body: string, type = TEXT, status = 200): RequestListener {
  return (_request, response) => response.writeHead(status, { 'content-type': type }).end(body);
}

async function scraped(ports: number[], headers = {}): Promise<Reply & { events: string[] }> {
  const scrapeTargets = ports.map((port) => ({ port, path: '/metrics' }));
  const { agent, ports: own, events } = await startAgent({}, { scrapeTargets, readyPort: 0, metricsPort: 0 });
  closers.push(() => agent.close());
  return { ...(await ask(own.status, '/stats/prometheus', { headers })), events };
}

test("the application's metrics stand behind the proxy's own", async () => {
  const { body, headers, events } = await scraped([await app(answers('a 1\n')), await app(answers('b{x="y"} 2'))]);
  expect(body).toBe(`${OWN}a 1\nb{x="y"} 2\n`);
  expect(headers['content-type']).toBe(TEXT);
  expect(events).toEqual([]);
});

describe('a target that fails is missing, is counted and hides nothing', () => {
  const failures: [string, RequestListener, RegExp][] = [
    ['a status that is not 200', answers('a 1\n', TEXT, 404), /status 404/],
    ['an error page with status 200', answers('<html><body>no</body></html>', TEXT), /no metrics: "<html>/],
    ['HTML', answers('<html>', 'text/html'), /"text\/html", not text metrics/],
    ['protobuf', answers('\n\u0001a', 'application/vnd.google.protobuf; encoding=delimited'), /not text metrics/],
    ['a cut connection', (_request, response) => void response.destroy(), /hang up|without an answer/],
    [
      'a body cut off',
      (_request, response) =>
        void response.writeHead(200, { 'content-length': 99 }).write('a 1\n', () => response.destroy()),
      /abort/,
    ],
    ['silence', () => {}, /timeout/],
    ['a body without end', (_request, response) => flood(response), /longer than 10485760/],
  ];
  test.each(failures)('%s', async (_claim, handler, reason) => {
    const good = await app(answers('good 1\n'));
    const { status, body, events } = await scraped([await app(handler), good], {
      'x-prometheus-scrape-timeout-seconds': '1.5',
    });
    expect([status, body]).toEqual([200, `${OWN}good 1\n`]);
    expect(events).toEqual(['count weft.agent.scrape_failures', expect.stringMatching(reason)]);
  });

  test('a closed port', async () => {
    const { body, events } = await scraped([await freePort()]);
    expect(body).toBe(OWN);
    expect(events[0]).toBe('count weft.agent.scrape_failures');
  });
});

function flood(response: Parameters<RequestListener>[1]): void {
  const piece = 'a 1\n'.repeat(64 * 1024);
  const more = (): void => {
    while (!response.destroyed && response.write(piece));
    response.once('drain', more);
  };
  more();
}

describe('content negotiation', () => {
  const PROMETHEUS =
    'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,' +
    'application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.2,*/*;q=0.1';

  async function heard(targets: number): Promise<IncomingHttpHeaders> {
    let headers: IncomingHttpHeaders = {};
    const port = await app((request, response) => {
      headers = request.headers;
      response.end('a 1\n');
    });
    await scraped(
      Array.from({ length: targets }, () => port),
      {
        accept: PROMETHEUS,
        'user-agent': 'Prometheus/3.5',
        'x-prometheus-scrape-timeout-seconds': '3',
        authorization: 'Bearer secret',
        cookie: 'a=b',
      },
    );
    return headers;
  }

  test('what cannot be merged is not asked for, and nothing secret is handed on', async () => {
    const { host, ...headers } = await heard(1);
    expect(host).toMatch(/^localhost:/);
    expect(headers).toEqual({
      accept:
        'application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.2,text/plain;version=0.0.4;q=0.3,*/*;q=0.1',
      'user-agent': 'Prometheus/3.5',
      'x-prometheus-scrape-timeout-seconds': '3',
      connection: 'close',
    });
  });

  test('several targets are asked for plain text, so that they agree', async () => {
    expect((await heard(2)).accept).not.toContain('openmetrics');
  });

  test('OpenMetrics of a single application makes the page OpenMetrics, with one end', async () => {
    const { body, headers } = await scraped([
      await app(answers('# TYPE a counter\na_total 1 # {t="1"} 1\n# EOF\n', OPEN)),
    ]);
    expect(headers['content-type']).toBe(OPEN);
    expect(body).toBe(`${OWN}# TYPE a counter\na_total 1 # {t="1"} 1\n# EOF\n`);
  });

  test('OpenMetrics beside text becomes text', async () => {
    const open = await app(answers('# TYPE a counter\n# UNIT a s\na_total 1 1.5 # {t="1"} 1\n# EOF\n', OPEN));
    const { body, headers } = await scraped([open, await app(answers('b 2\n'))]);
    expect(headers['content-type']).toBe(TEXT);
    expect(body).toBe(`${OWN}# TYPE a_total counter\na_total 1\nb 2\n`);
  });
});

describe('forms', () => {
  test("Prometheus' form as OpenMetrics", () => {
    const text =
      '# a comment\n# HELP a_total x\n# TYPE a_total counter\na_total{} 1\n\n# TYPE b counter\nb{} 1\n# TYPE c gauge\nc 1\n';
    expect(textToOpenMetrics(text)).toBe(
      '# HELP a_total x\n# TYPE a counter\na_total{} 1\n# TYPE b unknown\nb{} 1\n# TYPE c gauge\nc 1\n',
    );
  });

  test('OpenMetrics as text keeps labels with any text in them', () => {
    const labels = 'a{b="x } # {y\\" 1"}';
    expect(openMetricsToText(`${labels} 2 123.4 # {t="x"} 1 2\n# TYPE i info\ni_info{} 1\n# EOF\n`)).toBe(
      `${labels} 2\ni_info{} 1\n`,
    );
  });

  test.each([
    ['a 1', undefined],
    ['a{b="c"} 1 1700000000000', undefined],
    ['{"utf8.name", b="c"} NaN', undefined],
    ['a{b="}"} +Inf', undefined],
    ['# anything', undefined],
    ['<html>', '<html>'],
    ['a', 'a'],
    ['500 Internal Server Error', '500 Internal Server Error'],
    ['{"json": true}', '{"json": true}'],
  ])('%j is bad at %j', (line, expected) => {
    expect(badLine(`ok 1\n${line}\n`)).toBe(expected);
  });
});
