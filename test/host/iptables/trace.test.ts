// `weft iptables trace`: one connection through the rules, in words.
import { describe, expect, test } from 'vitest';
import { runIptables } from '../../../host/cli/iptables.js';
import { parseTarget } from '../../../host/iptables/trace.js';

async function trace(line: string): Promise<string> {
  let text = '';
  const terminal = {
    stdout: { write: (chunk: string) => (text += chunk) },
    stderr: { write: (chunk: string) => (text += chunk) },
    env: {},
  };
  await runIptables(['trace', ...line.split(' ')], terminal);
  return text;
}

test.each(['no-such-host.invalid:80', 'localhost:0', 'a b:80', '10.0.0.7'])('%j is refused', async (text) => {
  await expect(
    runIptables(['trace', text], { stdout: { write: () => {} }, stderr: { write: () => {} }, env: {} }),
  ).rejects.toThrow(/it takes HOST:PORT/);
});

test('each step with its reason, and the end', async () => {
  expect(await trace('-i * -x 10.1.0.0/16 10.2.0.7:8080'))
    .toBe(`TCP connection of user 1000, group 1000 to 10.2.0.7:8080, out over eth0
  nat OUTPUT: -j ISTIO_OUTPUT
      everything that the Pod sends is looked at (UDP for its DNS)
  nat ISTIO_OUTPUT: -j ISTIO_REDIRECT
      -i *: everything else that is sent is captured
  nat ISTIO_REDIRECT: -p tcp -j REDIRECT --to-ports 15001
      what leaves the Pod goes to the proxy's outbound listener, 15001
=> redirected to port 15001 of the Pod; the proxy sees 10.2.0.7:8080 as its original destination
`);
});

describe('where a connection ends', () => {
  const cases: [string, string][] = [
    ['-i * 10.2.0.7:80', 'redirected to port 15001'],
    ['-i * -x 10.0.0.0/8 10.2.0.7:80', 'goes to 10.2.0.7:80 itself'],
    ['-i 10.0.0.0/8 11.0.0.1:80', 'goes to 11.0.0.1:80 itself'],
    ['-i 10.0.0.0/8 -q 80 11.0.0.1:80', 'redirected to port 15001'],
    ['-i * -o 80 10.2.0.7:80', 'goes to 10.2.0.7:80 itself'],
    ['-i * --as 1337 10.2.0.7:80', 'goes to 10.2.0.7:80 itself'],
    ['-i * --as 1000:1337 10.2.0.7:80', 'goes to 10.2.0.7:80 itself'],
    ['-i * --as 1337 127.0.0.2:80', 'redirected to port 15006'],
    ['-i * --as 1337 127.0.0.1:80', 'goes to 127.0.0.1:80 itself'],
    ['-i * 127.0.0.2:80', 'goes to 127.0.0.2:80 itself'],
    ['-i 127.0.0.2/32 127.0.0.2:80', 'redirected to port 15001'],
    ['-b * --inbound 10.2.0.7:80', 'redirected to port 15006'],
    ['-b * --inbound 10.2.0.7:15008', 'goes to 10.2.0.7:15008 itself'],
    ['-b 80 --inbound 10.2.0.7:81', 'goes to 10.2.0.7:81 itself'],
    ['-b * -m TPROXY --inbound 10.2.0.7:80', 'handed to the transparent socket at port 15006'],
    ['-b * -m TPROXY -c eth0 --inbound 10.2.0.7:80', 'goes to 10.2.0.7:80 itself'],
    ['-k eth+ -i * --inbound 10.2.0.7:80', 'redirected to port 15001'],
    ['-i * localhost:80', 'goes to '],
    ['-i * [fd00::1]:80', 'goes to [fd00::1]:80 itself: no rule is about it'],
  ];
  test.each(cases)('%s: %s', async (line, end) => {
    expect(await trace(line)).toContain(`=> ${end}`);
  });
});

test.each([
  '10.0.0.7',
  '10.0.0.7:0',
  '10.0.0.7:65536',
  'fd00::7:80',
  '[10.0.0.7]:80',
  'localhost:80',
  '10.0.0.7:80\n',
  '',
])('%j is no target', (text) => {
  expect(parseTarget(text)).toBeUndefined();
});
