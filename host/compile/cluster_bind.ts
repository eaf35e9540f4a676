// upstream_bind_config of a cluster and of the bootstrap's cluster_manager -> BindModel.
import type { envoy } from '../../proto/generated/api.js';
import type { BindModel } from '../cluster/model.js';
import { canonicalAddress } from '../cluster/endpoint.js';
import { finding, type Finding } from '../config/finding.js';
import { fieldPath, indexPath } from '../config/path.js';
import type { SocketAddress } from '../io/address.js';
import type { SocketOption } from '../io/socket.js';
import { readSocketOptions } from './socket_options.js';

export type BindConfig = envoy.config.core.v3.BindConfig;
type SocketAddressMessage = envoy.config.core.v3.SocketAddress;

function readSource(message: SocketAddressMessage, path: string, findings: Finding[]): SocketAddress[] {
  const address =
    message.port_specifier === 'named_port' ? undefined : canonicalAddress(message.address, message.port_value);
  if (address) return [address];
  findings.push(
    finding('WEFT1404', path, 'not an IP address and a port', {
      value: message.address,
      allowed: 'an IP address and a port_value',
    }),
  );
  return [];
}

function refuse(path: string, message: string, findings: Finding[]): void {
  findings.push(finding('WEFT1410', path, message));
}

function readSources(config: BindConfig, path: string, findings: Finding[]): SocketAddress[] {
  const extras = [
    ...config.extra_source_addresses.map((extra, i) => ({
      message: extra.address!,
      at: fieldPath(indexPath(fieldPath(path, 'extra_source_addresses'), i), 'address'),
    })),
    ...config.additional_source_addresses.map((message, i) => ({
      message,
      at: indexPath(fieldPath(path, 'additional_source_addresses'), i),
    })),
  ];
  if (extras.length > 1) refuse(path, 'more than one extra source address', findings);
  if (!config.source_address) {
    if (extras.length > 0) refuse(path, 'extra source addresses need a source_address', findings);
    return [];
  }
  const all = [{ message: config.source_address, at: fieldPath(path, 'source_address') }, ...extras];
  const sources = all.flatMap(({ message, at }) => readSource(message, at, findings));
  if (sources.length === 2 && sources[0].family === sources[1].family) {
    refuse(path, 'two source addresses of one IP version', findings);
  }
  return sources;
}

function readOptions(config: BindConfig | null | undefined, path: string, findings: Finding[]): SocketOption[] {
  const options = readSocketOptions(config?.socket_options ?? [], fieldPath(path, 'socket_options'), findings);
  return options.filter(({ state }) => state === 'prebind'); // the others mean nothing to a socket that connects, as in Envoy
}

/**
 * What the sockets of a cluster are bound to. As in Envoy a cluster's own configuration stands in the place of the general one, but for
 * freebind and socket_options, which it takes from there where it does not say.
 */
export function readBind(
  own: BindConfig | null | undefined,
  general: BindConfig | null | undefined,
  path: string,
  findings: Finding[],
): BindModel | undefined {
  if (!own && !general) return undefined;
  const freebind = own?.freebind?.value ?? general?.freebind?.value ?? false;
  const options = own?.socket_options.length ? readOptions(own, path, findings) : readOptions(general, '', []);
  // Findings of the general one are the bootstrap's, and are made once.
  return { freebind, options, sources: own ? readSources(own, path, findings) : readSources(general!, '', []) };
}

/** cluster_manager.upstream_bind_config of a bootstrap. */
export function checkGeneralBind(general: BindConfig | null | undefined, path: string, findings: Finding[]): void {
  if (!general) return;
  readSources(general, path, findings);
  readOptions(general, path, findings);
}
