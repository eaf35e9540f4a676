import { SocketAddress, isIPv4, isIPv6 } from 'node:net';
import { expect, test } from 'vitest';
import { W_HOST } from '../../../assembly/abi.js';
import { encodeAddress, ipAddress } from '../../../host/io/address.js';
import { testCore } from '../../support/core.js';

const t = testCore();
const AT = t.W + W_HOST;
const FAMILY = 54; // ConnFacts.peerFamily

function put(text: string): number {
  t.worker.u8.set(Buffer.from(text, 'latin1'), AT);
  return text.length;
}

/** What the core reads from `text` and writes again; undefined where it is no address. */
function roundTrip(text: string): string | undefined {
  const family = t.worker.exports.parseAddress(AT, put(text), AT + 256);
  if (family === 0) return undefined;
  const end = t.worker.exports.putAddress(AT + 300, AT + 256, family);
  return Buffer.from(t.worker.u8.subarray(AT + 300, end)).toString();
}

// An address as the C library of Node writes it.
function canonical(text: string): string | undefined {
  if (isIPv4(text)) return text;
  if (!isIPv6(text) || text.includes('%')) return undefined;
  return new SocketAddress({ address: text, family: 'ipv6' }).address;
}

// Of two digits or groups each, so that many are addresses and many are almost one.
function randomAddress(next: (n: number) => number): string {
  const pieces = [
    '0',
    '1',
    '00',
    'ffff',
    '::',
    ':',
    ':',
    ':',
    '.',
    '1.2.3.4',
    '255',
    '256',
    'a',
    'fe80',
    '10',
    'g',
    '12345',
    '',
  ];
  return Array.from({ length: next(12) }, () => pieces[next(pieces.length)]).join('');
}

test('addresses are read and written as the C library does', () => {
  const fixed = [
    '1.2.3.4',
    '01.2.3.4',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '::',
    '::1',
    '1::',
    '1:2:3:4:5:6:7:8',
    '::ffff:1.2.3.4',
  ];
  const more = [
    '1:2:3:4:5:6:1.2.3.4',
    '1:2:3:4:5:6:7:1.2.3.4',
    '2001:0:0:1:0:0:0:1',
    '1:0:0:2:0:0:3:4',
    '1::2::3',
    ':::',
    ':1',
    '1:',
    '',
  ];
  for (const text of [...fixed, ...more]) {
    // The C library writes some IPv6 addresses with a dotted tail; Envoy and the core do not.
    const expected = canonical(text);
    if (expected?.includes('.') && text.includes(':')) expect(roundTrip(text)).toBeDefined();
    else expect(roundTrip(text), text).toBe(expected);
  }
});

test('what is no address for the C library is none for the core', () => {
  let seed = 1;
  const next = (n: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * n);
  };
  for (let i = 0; i < 50_000; i++) {
    const text = randomAddress(next);
    if (text.length > 64) continue;
    expect(roundTrip(text) !== undefined, text).toBe(canonical(text) !== undefined);
  }
});

test('an IPv4-mapped peer is the IPv4 address that it maps', () => {
  for (const [address, family] of [
    ['::ffff:10.1.2.3', 4],
    ['10.1.2.3', 4],
    ['::1', 6],
    ['::fffe:10.1.2.3', 6],
  ] as const) {
    const found = ipAddress(address, 1);
    if (found) encodeAddress(t.worker.view, AT + 128, found);
    t.worker.exports.factsInit(AT, AT + 128, AT + 128, false);
    expect(t.worker.u8[AT + FAMILY], address).toBe(family);
  }
});
