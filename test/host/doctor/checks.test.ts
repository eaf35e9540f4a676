// What `weft doctor` makes of what it reads.
import { execFileSync } from 'node:child_process';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import {
  addressSpaceCheck,
  clockCheck,
  conntrackCheck,
  descriptorCheck,
  kernelCheck,
  localPortCheck,
} from '../../../host/doctor/machine_checks.js';
import { certificateCheck, controlPlaneChecks, tokenCheck } from '../../../host/doctor/outside_checks.js';
import { freePortsCheck, parseListening, servedPortsCheck } from '../../../host/doctor/port_checks.js';

const limits = (name: string, soft: string, hard: string): string =>
  `Limit                     Soft Limit           Hard Limit           Units\n${name.padEnd(26)}${soft.padEnd(21)}${hard.padEnd(21)}files\n`;

const YEAR = 365 * 86_400_000;

describe('the machine', () => {
  test.each([
    ['a kernel of today', kernelCheck('6.18.44', 'x64'), 'ok'],
    ['an old one', kernelCheck('4.9.0-13-amd64', 'x64'), 'failed'],
    ['the oldest that will do', kernelCheck('4.14.1', 'arm64'), 'ok'],
    ['enough descriptors', descriptorCheck(limits('Max open files', '1024', '1048576')), 'ok'],
    ['few descriptors', descriptorCheck(limits('Max open files', '1024', '4096')), 'warning'],
    ['all the addresses', addressSpaceCheck(limits('Max address space', 'unlimited', 'unlimited')), 'ok'],
    ['few addresses', addressSpaceCheck(limits('Max address space', '1073741824', 'unlimited')), 'failed'],
    ['a clock that is right', clockCheck(Date.now(), Date.now() - YEAR), 'ok'],
    ['a clock of 1970', clockCheck(0, Date.now() - YEAR), 'failed'],
    ['tracking that is off', conntrackCheck('', ''), 'info'],
    ['tracking with room', conntrackCheck('10', '262144'), 'ok'],
    ['tracking that is nearly full', conntrackCheck('250000', '262144'), 'warning'],
    ['local ports far away', localPortCheck('32768\t60999\n', [15_001]), 'ok'],
    ['local ports in the way', localPortCheck('1024\t65535\n', [15_001]), 'warning'],
  ])('%s', (_what, { status, says, hint }, expected) => {
    expect(status).toBe(expected);
    expect(says.length).toBeGreaterThan(0);
    expect(hint === undefined).toBe(expected === 'ok' || expected === 'info');
  });
});

const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:3A99 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1337        0 30000 1 0 100 0 0 10 0
   1: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 30001 1 0 100 0 0 10 0
   2: 0100007F:3A9E 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1000        0 30002 1 0 100 0 0 10 0
`;
const TCP6 = `  sl  local_address
   0: 00000000000000000000000000000000:3A9E 00000000000000000000000000000000:0000 0A 0:0 00:0 0  1000 0 30003
`;

describe('ports', () => {
  test('listening sockets with their users, and no connections', () => {
    expect(parseListening(TCP)).toEqual([
      { port: 15_001, uid: 1337 },
      { port: 8080, uid: 1000 },
    ]);
    expect(parseListening(TCP6)).toEqual([{ port: 15_006, uid: 1000 }]);
  });

  test('before the sidecar starts nobody may listen there', () => {
    expect(freePortsCheck(parseListening(TCP))).toMatchObject([{ name: 'port 15001', status: 'failed' }]);
    expect(freePortsCheck([{ port: 8080, uid: 1 }])).toMatchObject([{ name: 'ports', status: 'ok' }]);
  });

  test('while it runs a stranger on its ports is found, and what is missing', () => {
    const results = servedPortsCheck([...parseListening(TCP), ...parseListening(TCP6)], [1337]);
    expect(results.map(({ name, status }) => [name, status])).toEqual([
      ['port 15006', 'failed'],
      ['port 15020', 'warning'],
      ['port 15021', 'warning'],
    ]);
  });

  test('all is well when the proxy has them', () => {
    const listening = [15_001, 15_006, 15_020, 15_021].map((port) => ({ port, uid: 1337 }));
    expect(servedPortsCheck(listening, [1337])).toMatchObject([{ name: 'ports', status: 'ok' }]);
  });
});

function jwt(exp: number): string {
  return `x.${Buffer.from(JSON.stringify({ exp })).toString('base64url')}.y`;
}

async function check(address: string): Promise<string[]> {
  return (await controlPlaneChecks(address)).map(({ status }) => status);
}

describe('what others give', () => {
  const now = Date.now();

  test('tokens', () => {
    expect(tokenCheck('t', jwt(now / 1000 + 600), now)).toMatchObject({
      status: 'ok',
      says: 't is good for 10 minutes',
    });
    expect(tokenCheck('t', jwt(now / 1000 - 1), now).status).toBe('failed');
    for (const text of ['', 'a.b.c', 'a.e30.c', 'nonsense']) expect(tokenCheck('t', text, now).status).toBe('failed');
  });

  test('certificates', () => {
    const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '10'];
    const pem = execFileSync('openssl', [...args, '-subj', '/CN=test', '-keyout', '/dev/null'], {
      stdio: 'pipe',
    }).toString();
    const certificate = pem.slice(pem.indexOf('-----BEGIN CERT'));
    const at = (days: number): string => certificateCheck('c', certificate, now + days * 86_400_000).status;
    expect([at(1), at(9.5), at(11), at(-1)]).toEqual(['ok', 'warning', 'failed', 'failed']);
    expect(certificateCheck('c', '', now).status).toBe('failed');
    const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----';
    expect(certificateCheck('c', broken, now).status).toBe('failed');
  });

  test('the control plane', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    expect(await check(`127.0.0.1:${port}`)).toEqual(['info', 'ok']);
    expect(await check(`localhost:${port}`)).toEqual(['ok', 'ok']);
    server.close();
    await new Promise((resolve) => server.once('close', resolve));
    expect(await check(`127.0.0.1:${port}`)).toEqual(['info', 'failed']);
    expect(await check('no-such-name.invalid:15012')).toEqual(['failed']);
    expect(await check('')).toEqual(['info']);
    expect(await check('nonsense')).toEqual(['failed']);
  });
});
