import { isIPv6 } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decodeAddress,
  encodeAddress,
  formatAddress,
  formatIpv6,
  ipAddress,
  ipBytes,
  SOCKADDR_MAX,
  type SocketAddress,
} from '../../../host/io/address.js';
import { FUZZ_SEED } from '../../support/fuzz_seed.js';

function roundTrip(address: SocketAddress): SocketAddress | undefined {
  const view = new DataView(new ArrayBuffer(SOCKADDR_MAX + 8));
  return decodeAddress(view, 8, encodeAddress(view, 8, address));
}

test.each<[SocketAddress, string]>([
  [{ family: 'ipv4', address: '127.0.0.1', port: 80 }, '127.0.0.1:80'],
  [{ family: 'ipv4', address: '255.0.1.254', port: 65535 }, '255.0.1.254:65535'],
  [{ family: 'ipv6', address: '::', port: 1 }, '[::]:1'],
  [{ family: 'ipv6', address: '2001:db8::8:0:0:1', port: 443 }, '[2001:db8::8:0:0:1]:443'],
  [{ family: 'ipv6', address: 'fe80::1%7', port: 443 }, '[fe80::1%7]:443'],
  [{ family: 'ipv6', address: '::ffff:1.2.3.4', port: 9 }, '[::ffff:1.2.3.4]:9'],
  [{ family: 'unix', path: '/run/weft.sock' }, '/run/weft.sock'],
  [{ family: 'unix', path: '@weft/abstract' }, '@weft/abstract'],
])('%j survives the way through a sockaddr and is printed as Envoy does', (address, text) => {
  expect(roundTrip(address)).toEqual(address);
  expect(formatAddress(address)).toBe(text);
});

test('any IPv6 address is printed in a form that names the same 16 bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.nat(0xffff), (bytes, mask) => {
      for (let i = 0; i < 16; i++) if (mask & (1 << i)) bytes[i] = 0;
      const text = formatIpv6(bytes);
      expect(isIPv6(text)).toBe(true);
      expect(ipBytes(text)).toEqual(bytes);
    }),
    { numRuns: 2000, seed: FUZZ_SEED },
  );
});

test('what is no IP address is told, not guessed', () => {
  for (const text of ['localhost', '1.2.3', '1.2.3.4.5', '::g', '', '1.2.3.4:80']) {
    expect(ipAddress(text, 1)).toBeUndefined();
    expect(ipBytes(text)).toBeUndefined();
  }
});

test('a UNIX path that the system cannot hold is refused', () => {
  expect(() => roundTrip({ family: 'unix', path: `/${'x'.repeat(107)}` })).toThrow(/at most 107 bytes/);
  expect(roundTrip({ family: 'unix', path: `/${'x'.repeat(106)}` })).toBeDefined();
});

test('a sockaddr that is cut or of another family decodes to nothing', () => {
  const view = new DataView(new ArrayBuffer(SOCKADDR_MAX));
  const length = encodeAddress(view, 0, { family: 'ipv6', address: '::1', port: 1 });
  expect(decodeAddress(view, 0, length - 1)).toBeUndefined();
  expect(decodeAddress(view, 0, 0)).toBeUndefined();
  view.setUint16(0, 16, true);
  expect(decodeAddress(view, 0, length)).toBeUndefined();
});
