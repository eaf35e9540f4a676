// The ports of the sidecar itself, which no application's metrics can be behind.

const RESERVED = new Map<number, string>([
  [15000, 'the admin listener'],
  [15001, 'captured outbound traffic'],
  [15004, 'the debug interface of the control plane'],
  [15006, 'captured inbound traffic'],
  [15008, 'the tunnel'],
  [15020, 'the merged metrics themselves'],
  [15021, 'the readiness of the proxy'],
  [15053, 'the DNS proxy'],
  [15090, "the proxy's own metrics, which are merged already"],
]);

/** What the sidecar has this port for, or undefined. */
export function reservedFor(port: number): string | undefined {
  return RESERVED.get(port);
}
