// The one line that says the proxy is there.
import { formatAddress, type SocketAddress } from '../io/address.js';

export interface StartFacts {
  version: string;
  /** Where the configuration came from: a path, `--config-yaml`, or both. */
  configuration: string;
  listeners: readonly { name: string; address: SocketAddress }[];
  admin: SocketAddress | undefined;
  workers: number;
  readyMs: number;
}

/** For a terminal a sentence, else one JSON object with the same facts. */
export function startLine(facts: StartFacts, terminal: boolean): string {
  const { version, configuration, workers } = facts;
  const readyMs = Math.round(facts.readyMs);
  const admin = facts.admin && formatAddress(facts.admin);
  const listeners = facts.listeners.map(({ name, address }) => ({ name, address: formatAddress(address) }));
  if (!terminal) {
    return JSON.stringify({ event: 'ready', version, configuration, listeners, admin, workers, ready_ms: readyMs });
  }
  const shown = listeners.map(({ name, address }) => (name ? `${address} (${name})` : address)).join(', ');
  return [
    `weft ${version} is ready in ${readyMs} ms: listening on ${shown || 'nothing'}`,
    ...(admin ? [`admin ${facts.admin?.family === 'unix' ? admin : `http://${admin}`}`] : []),
    `${workers} ${workers === 1 ? 'worker' : 'workers'}`,
    `configuration ${configuration}`,
  ].join('; ');
}
