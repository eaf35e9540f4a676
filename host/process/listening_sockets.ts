// Every listening socket of the process. Control owns them: a worker that dies takes none along, and its replacement
// adopts the same ones with the connections that wait in their queues.
import { unlinkSync } from 'node:fs';
import { formatAddress, type SocketAddress } from '../io/address.js';
import { localAddress, openListener, probeAddress, type ListenOptions } from '../io/socket.js';
import { close } from '../io/syscalls.js';
import type { ListenMessage } from './messages.js';

/** A listener of the configuration, as it is bound. */
export interface ListenerSpec extends ListenOptions {
  /** Its index in LISTENER_DIR. */
  listener: number;
  address: SocketAddress;
}

export interface BoundListener {
  readonly listener: number;
  /** With the port that the kernel chose where the configuration says 0. */
  readonly address: SocketAddress;
  /** As the configuration says it. */
  readonly configured: SocketAddress;
  readonly shared: boolean;
  /** One for each worker, or a single one that all share. */
  readonly fds: readonly number[];
}

export class ListeningSockets {
  private readonly bound = new Map<number, readonly BoundListener[]>();
  private readonly closed = new Set<number>();

  constructor(private readonly workers: number) {}

  /** Binds all of them or, with a ListenError, none. Nobody accepts from them before `adopt`. */
  open(specs: readonly ListenerSpec[]): BoundListener[] {
    for (const spec of specs) probeAddress(spec.address, spec);
    const opened: BoundListener[] = [];
    try {
      for (const spec of specs) opened.push(this.openOne(spec));
    } catch (error) {
      for (const bound of opened) this.abandon(bound);
      throw error;
    }
    return opened;
  }

  private openOne(spec: ListenerSpec): BoundListener {
    const shared = spec.address.family === 'unix' || !spec.reusePort;
    const first = openListener(spec.address, spec);
    const address = localAddress(first) ?? spec.address;
    const bound = { listener: spec.listener, address, configured: spec.address, shared, fds: [first] };
    try {
      for (let i = 1; i < (shared ? 1 : this.workers); i++) bound.fds.push(openListener(address, spec));
    } catch (error) {
      this.abandon(bound);
      throw error;
    }
    for (const fd of bound.fds) this.closed.delete(fd); // the number of a socket of long ago
    return bound;
  }

  /** What `open` has bound belongs to its listener from now on; workers, and those that replace them, accept from it. */
  adopt(bound: BoundListener): void {
    this.bound.set(bound.listener, [...this.of(bound.listener), bound]);
  }

  /** Closes what was opened and never adopted. */
  abandon({ fds, address }: BoundListener): void {
    for (const fd of fds) close(fd);
    removeSocketFile(address);
  }

  /** What a listener is bound to. */
  of(listener: number): readonly BoundListener[] {
    return this.bound.get(listener) ?? [];
  }

  /**
   * Takes sockets of a listener away: workers empty their queues and close their own. `unlisten` messages are the caller's;
   * a shared one is closed by `closeReleased`.
   */
  release(gone: readonly BoundListener[]): void {
    for (const bound of gone) this.forget(bound);
  }

  private forget(bound: BoundListener): void {
    const rest = this.of(bound.listener).filter((other) => other !== bound);
    if (rest.length > 0) this.bound.set(bound.listener, rest);
    else this.bound.delete(bound.listener);
  }

  /** Every worker has had the time to empty the queue: closes what is left of a released listener. Called once for it. */
  closeReleased(bound: BoundListener): void {
    this.closeAll(bound);
  }

  all(): BoundListener[] {
    return [...this.bound.values()].flat();
  }

  /** What worker `index` must be told to accept from. */
  messagesFor(index: number): ListenMessage[] {
    return this.all()
      .map(({ listener, shared, fds }) => ({ type: 'listen' as const, listener, fd: fds[shared ? 0 : index], shared }))
      .filter(({ fd }) => !this.closed.has(fd));
  }

  /** A worker has closed this socket itself, after it had emptied its queue. */
  markClosed(fd: number): void {
    this.closed.add(fd);
  }

  private closeAll({ fds, address }: BoundListener): void {
    for (const fd of fds) if (!this.closed.delete(fd)) close(fd);
    const isTaken = this.all().some((other) => formatAddress(other.address) === formatAddress(address));
    if (!isTaken) removeSocketFile(address);
  }

  /** Closes the sockets that no worker closes itself, once every worker has emptied their queues. */
  closeShared(): void {
    for (const bound of this.all()) {
      if (!bound.shared) continue;
      this.forget(bound);
      this.closeAll(bound);
    }
  }

  /** Worker `index` is dead and will not close its own any more. */
  closeOwn(index: number): void {
    for (const { fds, shared } of this.all()) {
      if (shared || this.closed.has(fds[index])) continue;
      close(fds[index]);
      this.closed.add(fds[index]);
    }
  }
}

function removeSocketFile(address: SocketAddress): void {
  if (address.family !== 'unix' || address.path.startsWith('@')) return;
  try {
    unlinkSync(address.path);
  } catch {
    // somebody else has removed it, which is what was wanted
  }
}
