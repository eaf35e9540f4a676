// transport_socket of a cluster: plain text, with or without a PROXY protocol header before it.
import { PROXY_NONE, PROXY_V1, PROXY_V2 } from '../../assembly/abi.js';
import type { envoy } from '../../proto/generated/api.js';
import { finding, type Finding } from '../config/finding.js';
import { unpackAny } from '../config/message.js';
import { fieldPath } from '../config/path.js';

type Cluster = envoy.config.cluster.v3.Cluster;
type TransportSocket = envoy.config.core.v3.TransportSocket;
type ProxyProtocol = envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport;

const RAW_BUFFER = 'envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer';
const PROXY_PROTOCOL = 'envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport';
const V2 = 1; // ProxyProtocolConfig.Version

// As Envoy, by the type of the configuration, whatever the name.
function isPlain(socket: TransportSocket | null | undefined): boolean {
  return unpackAny(socket?.typed_config, RAW_BUFFER) !== undefined;
}

/** PROXY_*: the header that goes first over a connection to an endpoint. */
export function readTransportSocket(cluster: Cluster, path: string, findings: Finding[]): number {
  const socket = cluster.transport_socket;
  if (!socket || isPlain(socket)) return PROXY_NONE;
  const at = fieldPath(path, 'transport_socket');
  const proxy = unpackAny<ProxyProtocol>(socket.typed_config, PROXY_PROTOCOL);
  if (proxy && isPlain(proxy.transport_socket)) return proxy.config?.version === V2 ? PROXY_V2 : PROXY_V1;
  findings.push(
    finding(
      'WEFT1304',
      proxy ? fieldPath(fieldPath(at, 'typed_config'), 'transport_socket') : at,
      'upstream connections are plain text only',
      { value: (proxy?.transport_socket ?? socket).name, allowed: 'envoy.transport_sockets.raw_buffer' },
    ),
  );
  return PROXY_NONE;
}
