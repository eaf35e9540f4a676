// The sidecar's ports: free before it starts, its own afterwards. What listens is in /proc/net/tcp, with its user, whichever container of
// the Pod it is in.
import { failed, ok, warning } from './check.js';
import type { CheckResult } from './check.js';

export interface Listening {
  readonly port: number;
  readonly uid: number;
}

const LISTEN = '0A';

/** Of /proc/net/tcp or tcp6. */
export function parseListening(text: string): Listening[] {
  return text.split('\n').flatMap((line) => {
    const [, local, , state, , , , uid] = line.trim().split(/\s+/);
    if (state !== LISTEN) return [];
    return [{ port: parseInt(local.slice(local.lastIndexOf(':') + 1), 16), uid: Number(uid) }];
  });
}

/** The ports of the sidecar by what they are for; those marked must be served while it runs. */
export const SIDECAR_PORTS: readonly { readonly port: number; readonly what: string; readonly isNeeded: boolean }[] = [
  { port: 15_000, what: 'admin', isNeeded: false },
  { port: 15_001, what: 'captured outbound traffic', isNeeded: true },
  { port: 15_004, what: 'debug interface of the control plane', isNeeded: false },
  { port: 15_006, what: 'captured inbound traffic', isNeeded: true },
  { port: 15_008, what: 'tunnel', isNeeded: false },
  { port: 15_020, what: 'probes and merged metrics', isNeeded: true },
  { port: 15_021, what: 'readiness', isNeeded: true },
  { port: 15_053, what: 'DNS', isNeeded: false },
  { port: 15_090, what: "the proxy's own metrics", isNeeded: false },
];

/** Before the sidecar starts: nobody may listen on its ports. */
export function freePortsCheck(listening: readonly Listening[]): CheckResult[] {
  const taken = SIDECAR_PORTS.flatMap(({ port, what }) =>
    listening
      .filter((each) => each.port === port)
      .slice(0, 1)
      .map(({ uid }) =>
        failed(
          `port ${port}`,
          `taken by user ${uid}`,
          `the sidecar needs it (${what}): give the application another port`,
        ),
      ),
  );
  return taken.length > 0 ? taken : [ok('ports', 'those of the sidecar are free')];
}

/** While it runs: its listeners are there, and are its own. */
export function servedPortsCheck(listening: readonly Listening[], proxyUids: readonly number[]): CheckResult[] {
  const results = SIDECAR_PORTS.flatMap(({ port, what, isNeeded }) => {
    const there = listening.filter((each) => each.port === port);
    const stranger = there.find(({ uid }) => !proxyUids.includes(uid));
    const name = `port ${port}`;
    if (stranger !== undefined) {
      const hint = `it is the sidecar's (${what}): give the application another port, or name the proxy's user by -u`;
      return [failed(name, `taken by user ${stranger.uid}, which is not the proxy's`, hint)];
    }
    if (there.length > 0 || !isNeeded) return [];
    return [warning(name, 'nobody listens', `the sidecar does not run, or not yet (${what})`)];
  });
  return results.length > 0 ? results : [ok('ports', 'the sidecar listens on its ports')];
}
