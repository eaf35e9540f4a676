// Binds the admin listener of the bootstrap.
import { chmodSync, writeFileSync } from 'node:fs';
import type { AdminAccessLog } from '../admin/access_log.js';
import type { AdminContext } from '../admin/context.js';
import type { AdminServer } from '../admin/server.js';
import type { Bootstrap } from '../config/bootstrap.js';
import { formatAddress, ipAddress, type SocketAddress } from '../io/address.js';
import { EADDRINUSE } from '../io/constants.js';
import { ListenError } from '../io/socket.js';

export interface BoundAdmin {
  readonly server: AdminServer;
  readonly address: SocketAddress;
}

function adminAddress(bootstrap: Bootstrap): SocketAddress | undefined {
  const { pipe, socket_address: socket } = bootstrap.admin?.address ?? {};
  if (pipe) return { family: 'unix', path: pipe.path };
  return socket ? ipAddress(socket.address, socket.port_value) : undefined;
}

/** Undefined where the bootstrap has no admin listener. Throws a ListenError. `addressPath`: a file to write its address to. */
export async function bindAdmin(
  bootstrap: Bootstrap,
  context: AdminContext,
  onError: (error: unknown) => void,
  addressPath: string | undefined,
  log: AdminAccessLog | undefined,
): Promise<BoundAdmin | undefined> {
  const address = adminAddress(bootstrap);
  if (!address) return undefined;
  const { AdminServer } = await import('../admin/server.js');
  const server = new AdminServer(context, onError, log);
  const bound = await listen(server, address, bootstrap.admin?.address?.pipe?.mode || undefined);
  if (addressPath !== undefined) writeFileSync(addressPath, bound);
  return { server, address: address.family === 'unix' ? address : { ...address, port: portOf(bound) } };
}

async function listen(server: AdminServer, address: SocketAddress, mode: number | undefined): Promise<string> {
  try {
    if (address.family !== 'unix') return await server.listen({ host: address.address, port: address.port });
    const path = address.path.replace(/^@/, '\0');
    const bound = await server.listen({ path });
    if (mode !== undefined && !path.startsWith('\0')) chmodSync(path, mode);
    return bound;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const inUse = code === 'EADDRINUSE';
    const detail = inUse ? 'the address of the admin listener is in use' : message;
    throw new ListenError(formatAddress(address), inUse ? EADDRINUSE : 0, detail);
  }
}

function portOf(bound: string): number {
  return Number(bound.slice(bound.lastIndexOf(':') + 1));
}
