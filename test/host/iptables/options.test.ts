// Values from command lines and annotations: what is hostile is refused before a rule exists, and said with its name, the value and
// what is allowed.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseArguments } from '../../../host/cli/iptables_arguments.js';
import { runIptables } from '../../../host/cli/iptables.js';
import { FLAGS, VARIABLES } from '../../../host/iptables/flags.js';
import type { FlagName } from '../../../host/iptables/flags.js';
import { checkOptions, completeOptions } from '../../../host/iptables/options.js';
import type { BadValue, Given } from '../../../host/iptables/options.js';
import { renderRestore } from '../../../host/iptables/render_iptables.js';
import { renderNft } from '../../../host/iptables/render_nft.js';
import { ruleSet } from '../../../host/iptables/rules.js';
import { parseResolvers } from '../../../host/iptables/surroundings.js';

const MACHINE = {
  userId: () => undefined,
  hasIpv4: true,
  hasIpv6: true,
  resolvers: () => ({ ipv4: ['10.96.0.10'], ipv6: ['fd00::a'] }),
};

const NAMES = Object.keys(FLAGS) as FlagName[];
const SWITCHES = NAMES.filter((name) => FLAGS[name].value === undefined);
const VALUES = NAMES.filter((name) => FLAGS[name].value !== undefined);

function refused(given: Given, env: NodeJS.ProcessEnv = {}): readonly BadValue[] {
  const checked = checkOptions(given, env);
  return 'given' in checked ? [] : checked;
}

const HOSTILE = [
  '1;reboot',
  '80\n-A INPUT -j ACCEPT',
  '80\r\nCOMMIT',
  '\n',
  '80\n',
  '-j ACCEPT',
  '--modprobe=/tmp/evil',
  '-',
  '!',
  '$(id)',
  '`id`',
  '"',
  "'",
  '80"',
  "80' -j ACCEPT '",
  '80\0',
  '\0',
  '80 -j ACCEPT',
  '80\t-j ACCEPT',
  '\u00a080',
  '８０',
  '٣',
  '1e3',
  '+80',
  '-80',
  '0x50,',
  '80:90',
  '8.0',
  '99999999999999999999',
  '../../etc/passwd',
  '{ 80 }',
  'eth0;',
  'eth0 -j ACCEPT',
  'eth0\n',
  '"eth0"',
  '-eth0',
  'eth0:1',
  'a'.repeat(9000),
  '1,'.repeat(600),
  '10.0.0.0/8 -j ACCEPT',
  '10.0.0.0/33',
  '10.0.0/8',
  '010.0.0.0/8',
  '10.0.0.0/255.0.0.0',
  '10.0.0.0/8;',
  'fe80::1%eth0/64',
  '::/129',
  '[::1]/128',
  'example.com/8',
  '*,80',
  '**',
  ' *',
  'true; reboot',
  '/var/run/netns/../../../etc',
  '../netns',
  'a/b',
  '/a b',
];

describe('class 70: hostile values', () => {
  test.each(VALUES)('--%s and its variables refuse them all', (name) => {
    for (const value of HOSTILE) {
      const allowed = isInnocent(name, value);
      const byFlag = refused({ [name]: value });
      expect.soft(byFlag.length, `--${name} ${JSON.stringify(value.slice(0, 40))}`).toBe(allowed ? 0 : 1);
      for (const { name: shown, value: given, allowed: words } of byFlag) {
        expect.soft([shown, given]).toEqual([`--${name}`, value]);
        expect.soft(words).toMatch(/^[\x20-\x7e’]{5,}$/);
      }
      for (const variable of FLAGS[name].env) {
        const bad = refused({}, { [variable]: value });
        expect.soft(bad.map((each) => each.name)).toEqual(allowed ? [] : [variable]);
      }
    }
  });

  test.each(Object.keys(VARIABLES))('%s refuses them all', (variable) => {
    for (const value of HOSTILE) {
      expect
        .soft(
          refused({}, { [variable]: value }).map(({ name }) => name),
          value.slice(0, 40),
        )
        .toEqual([variable]);
    }
  });

  test.each(SWITCHES)('--%s takes true and false', (name) => {
    for (const value of [...HOSTILE, 'yes', 'on', 'TrUe', '2', ''])
      expect.soft(refused({ [name]: value })).toHaveLength(1);
    for (const value of ['true', 'false', '1', '0', 'T', 'F']) expect.soft(refused({ [name]: value })).toEqual([]);
  });

  test('all of them are told at once', () => {
    const bad = refused({ 'envoy-port': '0', 'proxy-uid': 'root' }, { ISTIO_SERVICE_CIDR: '10.0.0.0' });
    expect(bad).toEqual([
      { name: '--envoy-port', value: '0', allowed: 'a port from 1 to 65535' },
      {
        name: '--proxy-uid',
        value: 'root',
        allowed: 'numeric ids with commas between them (a number from 0 to 4294967294)',
      },
      {
        name: 'ISTIO_SERVICE_CIDR',
        value: '10.0.0.0',
        allowed:
          '* for everything, or ranges such as 10.0.0.0/8 or fd00::/8 with commas between them (a range such as 10.0.0.0/8 or fd00::/8; one address is 10.0.0.0/32)',
      },
    ]);
  });
});

/** Of the hostile ones, those that mean something harmless to this flag. */
function isInnocent(name: FlagName, value: string): boolean {
  if (name === 'network-namespace') return ['99999999999999999999', '1e3', '8.0'].includes(value);
  // A list may end in a comma.
  return name.endsWith('-interfaces') && ['1e3', '8.0', '0x50,'].includes(value);
}

// === what is accepted is only ever what was understood ===

const WORD =
  /^(\d+|[\d.]+\/\d+|[\da-f:.]+\/\d+|[A-Za-z0-9_][A-Za-z0-9_.@-]*\+?|\d+(,\d+)+|\d+\/0xffffffff|RELATED,ESTABLISHED)$/;
const FLAG =
  /^(!|-[AINiosdpmj]|--(dport|dports|sport|to-ports|uid-owner|gid-owner|mark|set-mark|tproxy-mark|on-port|zone|ctstate|save-mark|restore-mark))$/;

function isRestoreLine(line: string): boolean {
  if (/^(\* (nat|mangle|raw)|COMMIT|-N ISTIO_[A-Z_]+)$/.test(line)) return true;
  return /^-[AI] /.test(line) && line.split(' ').every((word) => FLAG.test(word) || WORD.test(word));
}

const NFT_LINE =
  /^(add|delete) (table inet istio-proxy-(nat|mangle|raw)|chain inet istio-proxy-\w+ [a-z-]+( \{ type (nat|filter|route) hook (prerouting|output) priority -\d+ ; policy accept ; \})?|rule inet istio-proxy-\w+ [a-z-]+ [\w ."@:*,!={}/-]+)$/;

/** Text that is nearly right, and text that is not. */
const hostileText = fc.oneof(
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 2, arbitrary: fc.constantFrom(...HOSTILE) },
  {
    weight: 6,
    arbitrary: fc
      .array(
        fc.constantFrom(
          '80',
          '15001',
          '0',
          '*',
          ',',
          ' ',
          '\n',
          '"',
          ';',
          '-',
          '--',
          '10.0.0.0/8',
          'fd00::/8',
          '1.2.3.4',
          '/',
          'eth0',
          'lo',
          '+',
          '\0',
          "'",
          '!',
          '0x10',
          '1337',
          'java',
          '$',
          '{',
          '}',
          '#',
          '\\',
          '\u2028',
          'TPROXY',
          'REDIRECT',
          '%',
          ':',
        ),
        { maxLength: 5 },
      )
      .map((parts) => parts.join('')),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom('80,443', '10.0.0.0/8,fd00::/8', 'eth0,tun+', '1,2', '*', 'TPROXY', '1337', 'java,202'),
  },
);

const ANY = fc.record(
  Object.fromEntries(VALUES.map((name) => [name, hostileText])) as Record<FlagName, typeof hostileText>,
  { requiredKeys: [] },
);
const ENV = fc.record(Object.fromEntries(Object.keys(VARIABLES).map((name) => [name, hostileText])), {
  requiredKeys: [],
});

describe('class 70: no value reaches a command line but as what was understood of it', () => {
  test('every flag at once', () => {
    let accepted = 0;
    fc.assert(
      fc.property(ANY, ENV, (flags, env) => {
        // Each alone, so that one that is refused does not hide the others.
        for (const [name, value] of [...Object.entries(flags), ...Object.entries(env)]) {
          const isFlag = name in FLAGS;
          const checked = checkOptions(isFlag ? { [name]: value } : {}, isFlag ? {} : { [name]: value });
          if (!('given' in checked)) continue;
          accepted++;
          const more = {
            redirectDns: true,
            dualStack: true,
            dropInvalid: true,
            inboundPorts: checked.given.inboundPorts ?? '*',
          } as const;
          const wanted = ruleSet(completeOptions({ ...checked.given, ...more }, MACHINE));
          for (const text of [renderRestore(wanted.rules.ipv4), renderRestore(wanted.rules.ipv6)]) {
            const lines = text.split('\n').slice(0, -1);
            expect(lines.filter((line) => !isRestoreLine(line))).toEqual([]);
          }
          const nft = renderNft(wanted).split('\n').slice(0, -1);
          expect(nft.filter((line) => !NFT_LINE.test(line))).toEqual([]);
        }
      }),
      { numRuns: 600 },
    );
    expect(accepted).toBeGreaterThan(200);
  });

  test('what an argument says is never another flag', () => {
    fc.assert(
      fc.property(fc.constantFrom(...VALUES), hostileText, (name, value) => {
        expect(parseArguments([`--${name}`, value]).given).toEqual({ [name]: value });
        expect(parseArguments([`--${name}=${value}`]).given).toEqual({ [name]: value });
      }),
    );
  });

  test('a refused value is shown so that it cannot act on a terminal', async () => {
    let text = '';
    const terminal = {
      stdout: { write: () => {} },
      stderr: { write: (chunk: string) => (text += chunk) },
      env: {},
    };
    const status = await runIptables(['-c', `eth0\u001b[2J\u009b\u2028\n${'x'.repeat(500)}`], terminal);
    expect(status).toBe(2);
    expect(text).toMatch(
      /^error\[WEFT1602\]: --istio-exclude-interfaces does not take "eth0\\u001b\[2J\\u009b\\u2028\\nx+…"; it takes/,
    );
    expect(text.length).toBeLessThan(400);
  });

  test('resolv.conf gives addresses and nothing else', () => {
    const text =
      'nameserver 10.0.0.1\nnameserver fe80::1%eth0\nnameserver 1.1.1.1;x\n nameserver fd00::1 # x\nnameserver -j\n';
    expect(parseResolvers(text)).toEqual({ ipv4: ['10.0.0.1'], ipv6: ['fd00::1'] });
  });
});

function groups(n: number): string {
  return Array.from({ length: n }, (_, i) => String(i + 1)).join(',');
}

describe('what is accepted', () => {
  const cases: [string, string][] = [
    ['istio-service-cidr', '10.0.0.0/8,::/0'],
    ['istio-inbound-ports', ''],
    ['istio-outbound-ports', '1,65535'],
    ['istio-exclude-interfaces', 'eth0.100,cali1234@if5,tun+'],
    ['proxy-uid', '0,4294967294'],
    ['probe-timeout', '1m30s'],
    ['probe-timeout', '250ms'],
    ['istio-inbound-tproxy-mark', '0xffffffff'],
    ['network-namespace', '/proc/42/ns/net'],
    ['network-namespace', 'cni-1234'],
    ['istio-inbound-interception-mode', ''],
  ];
  test.each(cases)('--%s %s', (name, value) => {
    expect(refused({ [name]: value })).toEqual([]);
  });

  const limits: [string, string][] = [
    ['istio-inbound-tproxy-mark', '1338'],
    ['istio-inbound-tproxy-mark', '0'],
    ['istio-inbound-tproxy-route-table', '254'],
    ['istio-service-exclude-cidr', '*'],
    ['proxy-uid', '4294967295'],
    ['istio-exclude-interfaces', '1234567890123456'],
    ['probe-timeout', '11m'],
    ['force-iptables-binary', 'nftables'],
  ];
  test.each(limits)('not --%s %s', (name, value) => {
    expect(refused({ [name]: value })).toHaveLength(1);
  });

  test('more than 64 owner groups are refused', () => {
    expect(refused({}, { ISTIO_OUTBOUND_OWNER_GROUPS: groups(64) })).toEqual([]);
    expect(refused({}, { ISTIO_OUTBOUND_OWNER_GROUPS: groups(65) })).toHaveLength(1);
  });

  test('an empty variable is an unset one, an empty flag is not', () => {
    expect(refused({}, { ENVOY_PORT: '' })).toEqual([]);
    expect(refused({ 'envoy-port': '' })).toHaveLength(1);
  });
});
