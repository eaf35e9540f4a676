// A Pod and a machine elsewhere: two network namespaces, joined. Users by setpriv; connections by bash, which knows nothing.
import { once } from 'node:events';
import { join } from 'node:path';
import { Namespace } from '../../support/netns.js';
import type { Ran } from '../../support/netns.js';
import { REPOSITORY } from '../../support/repository.js';

export const WEFT = join(REPOSITORY, 'bin/weft');
const LISTENER = join(REPOSITORY, 'test/e2e/iptables/listener.mjs');

export const PROXY = { uid: 1337, gid: 1337 };
export const APPLICATION = { uid: 1000, gid: 1000 };
export type User = typeof PROXY;

export const POD = { ipv4: '10.9.0.7', ipv6: 'fd00:9::7' };
export const ELSEWHERE = { ipv4: '10.9.0.1', ipv6: 'fd00:9::1' };

export interface World {
  readonly pod: Namespace;
  readonly elsewhere: Namespace;
  remove(): void;
}

export function world(): World {
  const pod = Namespace.create('pod')!;
  const elsewhere = Namespace.create('peer')!;
  const addresses = (of: typeof POD): string[] => [`${of.ipv4}/24`, `${of.ipv6}/64`];
  Namespace.join([pod, 'eth0', addresses(POD)], [elsewhere, 'eth0', addresses(ELSEWHERE)]);
  pod.must('ip', 'route', 'add', 'default', 'via', ELSEWHERE.ipv4);
  pod.must('ip', '-6', 'route', 'add', 'default', 'via', ELSEWHERE.ipv6);
  return {
    pod,
    elsewhere,
    remove: () => [pod, elsewhere].forEach((each) => each.remove()),
  };
}

export function weft(namespace: Namespace, args: readonly string[], env: Record<string, string> = {}): Ran {
  return namespace.run(process.execPath, [WEFT, 'iptables', ...args], { env });
}

function as({ uid, gid }: User, program: string, args: readonly string[]): [string, string[]] {
  return ['setpriv', [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', program, ...args]];
}

/** A listener (listener.mjs) on the ports; transparent ones need root. */
export async function listen(namespace: Namespace, user: User, ports: number[], ...flags: string[]): Promise<void> {
  const child = namespace.start(...as(user, process.execPath, [LISTENER, ...flags, ...ports.map(String)]));
  await once(child.stdout!, 'data');
}

export interface Arrival {
  port: number;
  local: string;
  original?: string;
}

/** Where a connection of that user arrives, by what it is told there; undefined where it gets no answer. */
export function connect(namespace: Namespace, user: User, address: string, port: number): Arrival | undefined {
  const script = `exec 3<>/dev/tcp/${address}/${port} && timeout 2 cat <&3`;
  const { stdout } = namespace.run(...as(user, 'timeout', ['3', 'bash', '-c', script]));
  return stdout === '' ? undefined : (JSON.parse(stdout) as Arrival);
}
