// Requests to the admin listener stand in its access logs: through weft and, where it is installed, Envoy, with the same lines.
import { mkdtempSync, readFileSync, existsSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { bootstrap, fileAccessLog } from '../support/bootstrap.js';
import { findEnvoy, Peer, type PeerKind } from '../support/peer.js';
import { freePort } from '../support/ports.js';
import { RawClient } from '../support/raw_client.js';

const FORMAT =
  '%REQ(:METHOD)% %REQ(:PATH)% %PROTOCOL% %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %BYTES_RECEIVED% ' +
  '%REQ(:AUTHORITY)% %REQ(USER-AGENT)% %REQ(X-REQUEST-ID)% %REQ(X-FORWARDED-FOR)% %REQ(X-FORWARDED-PROTO)% %RESP(CONTENT-TYPE)% ' +
  '%UPSTREAM_HOST% %UPSTREAM_CLUSTER% %ROUTE_NAME% %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% %DOWNSTREAM_LOCAL_ADDRESS%\n';
const folder = mkdtempSync(join(tmpdir(), 'weft-admin-log-'));
afterAll(() => rmSync(folder, { recursive: true }));

const REQUESTS = [
  'GET /ready HTTP/1.1\r\nhost: localhost\r\nuser-agent: test\r\n\r\n',
  'GET /no/such/page HTTP/1.1\r\nhost: localhost\r\nx-forwarded-for: 10.0.0.1\r\nx-request-id: id-1\r\n\r\n',
  'POST /stats?filter=none HTTP/1.1\r\nhost: localhost\r\ncontent-length: 6\r\n\r\nabcdef',
  'HEAD /ready HTTP/1.1\r\nhost: localhost\r\n\r\n',
  'GET /quitquitquit HTTP/1.1\r\nhost: localhost\r\n\r\n',
];

/** Those that are not the test's own waiting for the proxy. */
function asked(lines: readonly string[]): string[] {
  return lines.filter((line) => line.includes('localhost'));
}

function isNow(time: string): boolean {
  return Math.abs(Date.now() - Date.parse(time)) < 60_000;
}

/** The lines of a proxy, with what differs from run to run taken out. */
async function linesOf(kind: PeerKind): Promise<{ text: string[]; standard: string[] }> {
  const adminPort = await freePort();
  const [text, standard] = ['text', 'standard'].map((name) => join(folder, `${kind}.${name}.log`));
  const { typed_config: typed, ...logger } = fileAccessLog(standard, '') as { typed_config: Record<string, unknown> };
  const config = bootstrap(adminPort, [], {}) as { admin: Record<string, unknown> };
  const plain = { ...logger, typed_config: { '@type': typed['@type'], path: standard } };
  config.admin['access_log'] = [fileAccessLog(text, FORMAT), plain];
  const peer = await Peer.start(kind, { bootstrap: config, adminPort });
  try {
    for (const request of REQUESTS) {
      const client = await RawClient.connect(adminPort);
      client.send(request);
      await expect.poll(() => client.received).toContain('\r\n\r\n');
      client.close();
    }
    const read = (file: string): string[] =>
      (existsSync(file) ? readFileSync(file, 'utf8') : '')
        .split('\n')
        .filter((line) => line !== '' && !line.includes('/ready HTTP/1.1" 503') && !line.includes(' /stats HTTP'))
        .map((line) => line.replaceAll(`:${adminPort}`, ':PORT').replace(/\b\d+\.\d+\.\d+\.\d+(?=[" ])/g, 'ADDRESS'));
    await expect.poll(() => asked(read(text)).length, { timeout: 10_000 }).toBe(REQUESTS.length);
    const masked = asked(read(standard)).map((line) =>
      line
        .replace(/^\[([^\]]*)\]/, (_, time: string) => (isNow(time) ? '[TIME]' : `[${time}]`))
        .replace(/ - (\d+) \d+ \d+ -/, ' - $1 N N -'),
    );
    return { text: asked(read(text)), standard: masked };
  } finally {
    await peer.stop();
  }
}

test('a request to the admin listener is a line in each of its access logs', { timeout: 60_000 }, async () => {
  const { text, standard } = await linesOf('weft');
  expect(text[1]).toBe(
    'GET /no/such/page HTTP/1.1 404 - admin_filter_response 0 localhost - id-1 10.0.0.1,ADDRESS http text/plain; charset=UTF-8 - - - ADDRESS 127.0.0.1:PORT',
  );
  expect(standard[2]).toBe('[TIME] "POST /stats?filter=none HTTP/1.1" 200 - 6 N N - "ADDRESS" "-" "-" "localhost" "-"');
  if (findEnvoy() === undefined) return;
  expect({ text, standard }).toEqual(await linesOf('envoy'));
});
