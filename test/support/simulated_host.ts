// The worker's loop without sockets: the core's entries are called and its commands carried out as host/data/worker.ts and
// host/data/commands.ts do, over sockets that are byte queues. Time is a word that the test sets. A send takes as many bytes as
// the test's dice say, so that out chains and back-pressure are what is tried most.
import { expect } from 'vitest';
import * as abi from '../../assembly/abi.js';
import { encodeAddress, ipAddress } from '../../host/io/address.js';
import type { TestCore } from './core.js';

export type Dice = (below: number) => number;

const ECONNRESET = 104;
const COMMANDS_LIMIT = 0x4000;
const OUT_LIMIT = 0x30000;
const COMMANDS_PER_RUN = 50_000; // more than any entry may lead to: the worker would never come back

/** One connection as the kernel keeps it; `peer` is the other end's business. */
export class SimulatedSocket {
  slot = -1;
  generation = 0;
  arrived: Buffer[] = []; // sent by the peer, not yet received by the core
  eof = false; // the peer has ended its side
  reset = false; // the peer has reset the connection
  taken: Buffer[] = []; // sent by the core, to be read by the peer
  shut = false; // the core has ended its side
  closed = false; // the core has closed it
  connecting = false;
  refused = false;
  events = new Set<'in' | 'out' | 'hangup'>();
  full = false; // a send took less than all: 'out' will come

  constructor(readonly port: number) {}

  write(bytes: Buffer): void {
    if (this.closed || bytes.length === 0) return;
    this.arrived.push(bytes);
    this.events.add('in');
  }

  end(): void {
    if (this.closed) return;
    this.eof = true;
    this.events.add('in').add('hangup');
  }

  abort(): void {
    if (this.closed) return;
    this.reset = true;
    this.arrived = [];
    this.events.add('in').add('hangup').add('out');
  }

  read(): Buffer {
    const all = Buffer.concat(this.taken);
    this.taken = [];
    return all;
  }
}

interface QueuedSend {
  readonly address: number;
  readonly bytes: Buffer;
}

/** Of a batch: in the buffer of its place. */
interface Received {
  readonly socket: SimulatedSocket;
  readonly length: number;
}

export class SimulatedHost {
  readonly sockets: SimulatedSocket[] = [];
  /** Called when the core opens a connection to a port. */
  onConnect: (socket: SimulatedSocket) => void = () => undefined;
  /** Every send is taken whole. */
  generous = false;
  now = 1000;
  private waiting: number[] = []; // slots that go on once the lists are empty
  private ready: [number, number][] = [];
  private nextFd = 0;
  private byFd = new Map<number, SimulatedSocket>();
  private queued: (QueuedSend | undefined)[] = [];

  constructor(
    readonly t: TestCore,
    private readonly dice: Dice,
  ) {
    this.tick(0);
  }

  private get x(): TestCore['worker']['exports'] {
    return this.t.worker.exports;
  }

  private word(offset: number): number {
    return this.t.worker.u32[(this.t.W + offset) >> 2];
  }

  private slotAddress(slot: number): number {
    return this.t.W + abi.W_SLOTS + slot * abi.SLOT_SIZE;
  }

  private slotWord(slot: number, offset: number): number {
    return this.t.worker.u32[(this.slotAddress(slot) + offset) >> 2];
  }

  private kind(slot: number): number {
    return this.t.worker.u8[this.slotAddress(slot) + abi.SLOT_KIND];
  }

  private socketOf(slot: number): SimulatedSocket {
    const socket = this.byFd.get(this.slotWord(slot, abi.SLOT_FD) | 0);
    if (!socket) throw new Error(`slot ${slot} has no descriptor`);
    return socket;
  }

  tick(ms: number): void {
    this.now += ms;
    this.t.worker.u32[(this.t.W + abi.WORKER_NOW) >> 2] = this.now;
    this.t.worker.u32[(this.t.W + abi.WORKER_WALL_MILLIS) >> 2] = this.now;
  }

  accept(listener: number, port: number): SimulatedSocket {
    const socket = new SimulatedSocket(port);
    const at = this.t.W + abi.W_HOST;
    encodeAddress(this.t.worker.view, at, ipAddress('192.0.2.1', port)!);
    encodeAddress(this.t.worker.view, at + 128, ipAddress('127.0.0.1', 10000)!);
    const fd = this.open(socket);
    const slot = this.enter(() => this.x.onAccept(listener, fd, at, at + 128));
    expect(slot).toBeGreaterThanOrEqual(0);
    this.register(socket, slot);
    return socket;
  }

  private open(socket: SimulatedSocket): number {
    this.byFd.set(this.nextFd, socket);
    return this.nextFd++;
  }

  private register(socket: SimulatedSocket, slot: number): void {
    socket.slot = slot;
    socket.generation = this.slotWord(slot, abi.SLOT_GENERATION);
    this.sockets.push(socket);
  }

  // Notes what the sends that an entry has queued consist of.
  private enter<T>(call: () => T): T {
    const result = call();
    const used = this.word(abi.WORKER_COMMANDS) / 16;
    for (let i = this.queued.length; i < used; i++) {
      const p = (this.t.W + abi.W_COMMANDS + i * 16) >> 2;
      const [op, , address, length] = this.t.worker.u32.subarray(p, p + 4);
      const isSend = op === abi.CMD_SEND;
      this.queued.push(isSend ? { address, bytes: this.copy(address, length) } : undefined);
    }
    return result;
  }

  private copy(address: number, length: number): Buffer {
    return Buffer.from(this.t.worker.u8.slice(address, address + length));
  }

  // Bytes that the kernel takes; -1: the connection is broken.
  private sendSome(socket: SimulatedSocket, bytes: Buffer): number {
    if (socket.reset) return -1;
    if (socket.full) return 0;
    const n = this.generous || this.dice(4) !== 0 ? bytes.length : this.dice(bytes.length + 1);
    if (n < bytes.length) socket.full = true;
    if (n > 0) socket.taken.push(bytes.subarray(0, n));
    return n;
  }

  private send(slot: number, address: number, length: number): void {
    if (this.kind(slot) === abi.KIND_CLOSED) return;
    if (this.slotWord(slot, abi.SLOT_OUT_BYTES) !== 0) return this.enter(() => this.x.onUnsent(slot, address, length));
    const n = this.sendSome(this.socketOf(slot), this.copy(address, length));
    if (n === length) return;
    if (n >= 0) return this.enter(() => this.x.onUnsent(slot, address + n, length - n));
    this.enter(() => this.x.onError(slot, ECONNRESET));
  }

  private sendQueued(slot: number, address: number, length: number): void {
    if (this.slotWord(slot, abi.SLOT_OUT_BYTES) === 0) return;
    const n = this.sendSome(this.socketOf(slot), this.copy(address, length));
    if (n > 0) return this.enter(() => this.x.onQueueSent(slot, n, n === length));
    if (n < 0) this.enter(() => this.x.onError(slot, ECONNRESET));
  }

  private connect(slot: number, sockaddr: number): void {
    const socket = new SimulatedSocket(this.t.worker.view.getUint16(sockaddr + 2, false));
    this.t.worker.u32[(this.slotAddress(slot) + abi.SLOT_FD) >> 2] = this.open(socket);
    socket.connecting = true;
    this.register(socket, slot);
    this.onConnect(socket);
  }

  private close(slot: number): void {
    const fd = this.slotWord(slot, abi.SLOT_FD) | 0;
    const socket = this.byFd.get(fd);
    if (socket) {
      socket.closed = true;
      this.byFd.delete(fd);
      this.sockets.splice(this.sockets.indexOf(socket), 1);
    }
    this.enter(() => this.x.onClosed(slot));
  }

  private execute(op: number, slot: number, a: number, b: number): void {
    switch (op) {
      case abi.CMD_SEND:
        return this.send(slot, a, b);
      case abi.CMD_SEND_QUEUED:
        return this.sendQueued(slot, a, b);
      case abi.CMD_CONNECT:
        if (this.kind(slot) !== abi.KIND_CLOSED) this.connect(slot, a);
        return;
      case abi.CMD_CLOSE:
        return this.close(slot);
      case abi.CMD_SHUTDOWN:
        if (this.kind(slot) !== abi.KIND_CLOSED) this.socketOf(slot).shut = true;
        return;
      case abi.CMD_READ:
        this.ready.push([slot, this.slotWord(slot, abi.SLOT_GENERATION)]);
        return;
      case abi.CMD_FLUSHED:
        return this.enter(() => this.x.onFlushed(slot));
      case abi.CMD_RESUME:
        this.waiting.push(slot);
        return;
      case abi.CMD_SPLICE:
        return this.x.onSpliceEnd(slot);
      default:
        throw new Error(`unknown command ${op}`);
    }
  }

  runCommands(): void {
    this.carryOut();
    for (let slot = this.waiting.pop(); slot !== undefined; slot = this.waiting.pop()) {
      const resumed = slot;
      this.enter(() => this.x.onResume(resumed));
      this.carryOut();
    }
  }

  private carryOut(): void {
    for (let i = 0; i < this.word(abi.WORKER_COMMANDS) / 16; i++) {
      if (i > COMMANDS_PER_RUN) throw new Error('the commands never end');
      const p = (this.t.W + abi.W_COMMANDS + i * 16) >> 2;
      const [op, slot, a, b] = this.t.worker.u32.subarray(p, p + 4);
      const noted = this.queued[i];
      if (noted && this.kind(slot) !== abi.KIND_CLOSED && !this.copy(a, b).equals(noted.bytes))
        throw new Error(`the bytes of a send to slot ${slot} have changed since it was queued`);
      this.execute(op, slot, a, b);
    }
    this.queued = [];
    this.t.worker.u32[(this.t.W + abi.WORKER_COMMANDS) >> 2] = 0;
    this.t.worker.u32[(this.t.W + abi.WORKER_RX_HELD) >> 2] = 0;
    this.t.worker.u32[(this.t.W + abi.WORKER_OUT) >> 2] = this.t.W + abi.W_OUT;
  }

  private crowded(): boolean {
    return (
      this.word(abi.WORKER_COMMANDS) > COMMANDS_LIMIT || this.word(abi.WORKER_OUT) > this.t.W + abi.W_OUT + OUT_LIMIT
    );
  }

  private takeArrived(socket: SimulatedSocket, limit: number): Buffer {
    const all = Buffer.concat(socket.arrived);
    socket.arrived = all.length > limit ? [all.subarray(limit)] : [];
    return all.subarray(0, limit);
  }

  // As host/data/receiver.ts: connections that only have bytes are received before anything is handled.
  private receiveTogether(due: readonly SimulatedSocket[]): Received[] {
    const { u8 } = this.t.worker;
    const batch = this.t.W + abi.W_BATCH;
    u8.fill(0x23, batch, batch + abi.BATCH_MAX * abi.BATCH_STRIDE); // what stood there is gone
    const received: Received[] = [];
    for (const socket of due) {
      if (received.length === abi.BATCH_MAX || !this.onlyHasBytes(socket)) continue;
      if (socket.events.has('out')) socket.full = false;
      socket.events = new Set();
      const bytes = this.takeArrived(socket, abi.BATCH_BYTES);
      u8.set(bytes, batch + received.length * abi.BATCH_STRIDE + abi.BATCH_STRIDE - abi.BATCH_BYTES);
      received.push({ socket, length: bytes.length });
    }
    return received;
  }

  private onlyHasBytes(socket: SimulatedSocket): boolean {
    const { slot, generation, events } = socket;
    if (!events.has('in') || events.has('hangup') || this.slotWord(slot, abi.SLOT_GENERATION) !== generation)
      return false;
    const io = this.t.worker.u8[this.slotAddress(slot) + abi.SLOT_IO];
    return (
      (io & ~abi.IO_READABLE) === abi.IO_READ && this.slotWord(slot, abi.SLOT_OUT_BYTES) === 0 && this.isOpen(slot)
    );
  }

  private isOpen(slot: number): boolean {
    return this.kind(slot) !== abi.KIND_FREE && this.kind(slot) !== abi.KIND_CLOSED;
  }

  private isUpstream(slot: number): boolean {
    return this.kind(slot) === abi.KIND_UPSTREAM_HTTP || this.kind(slot) === abi.KIND_UPSTREAM_TCP;
  }

  private deliverTogether(received: readonly Received[]): void {
    received.forEach((each, place) => this.isUpstream(each.socket.slot) && this.deliverReceived(each, place));
    received.forEach((each, place) => this.isUpstream(each.socket.slot) || this.deliverReceived(each, place));
  }

  private deliverReceived({ socket, length }: Received, place: number): void {
    const { slot, generation } = socket;
    const still = (): boolean => this.slotWord(slot, abi.SLOT_GENERATION) === generation && this.isOpen(slot);
    if (!still()) return;
    const io = this.slotAddress(slot) + abi.SLOT_IO;
    const { u8 } = this.t.worker;
    const full = length === abi.BATCH_BYTES;
    u8[io] = full ? u8[io] | abi.IO_READABLE : u8[io] & ~abi.IO_READABLE;
    if (length !== 0) this.enter(() => this.x.onBatchData(slot, place, length));
    if (full && still()) this.receive(slot, false);
    if (this.crowded()) this.runCommands();
  }

  private receive(slot: number, event: boolean): void {
    const io = this.slotAddress(slot) + abi.SLOT_IO;
    const { u8 } = this.t.worker;
    if (event) u8[io] |= abi.IO_EOF;
    const hangup = (u8[io] & abi.IO_EOF) !== 0;
    const generation = this.slotWord(slot, abi.SLOT_GENERATION);
    const socket = this.socketOf(slot);
    for (let left = 1 + this.dice(3); ; left--) {
      if ((u8[io] & abi.IO_READ) === 0) {
        u8[io] |= abi.IO_READABLE;
        if (hangup) this.enter(() => this.x.onHangup(slot));
        return;
      }
      if (left === 0) {
        this.ready.push([slot, generation]);
        return;
      }
      if (socket.reset) return this.enter(() => this.x.onError(slot, ECONNRESET));
      const bytes = this.takeArrived(socket, abi.RX_SIZE);
      if (bytes.length === 0) {
        if (socket.eof) this.enter(() => this.x.onEof(slot));
        else u8[io] &= ~abi.IO_READABLE;
        return;
      }
      const drained = bytes.length < abi.RX_SIZE && !hangup;
      u8[io] = drained ? u8[io] & ~abi.IO_READABLE : u8[io] | abi.IO_READABLE;
      u8.fill(0x23, this.t.W + abi.W_RX - 32, this.t.W + abi.W_RX + abi.RX_SIZE + 32); // what stood there is gone
      u8.set(bytes, this.t.W + abi.W_RX);
      this.enter(() => this.x.onData(slot, bytes.length));
      if (this.word(abi.WORKER_RX_HELD) !== 0 || this.crowded()) this.runCommands();
      if (drained || this.kind(slot) === abi.KIND_CLOSED) return;
      if (this.slotWord(slot, abi.SLOT_GENERATION) !== generation) return;
    }
  }

  private event(socket: SimulatedSocket): void {
    const { slot, generation } = socket;
    const events = socket.events;
    socket.events = new Set();
    if (this.slotWord(slot, abi.SLOT_GENERATION) !== generation) return;
    const kind = this.kind(slot);
    if (kind === abi.KIND_FREE || kind === abi.KIND_CLOSED) return;
    const io = this.t.worker.u8[this.slotAddress(slot) + abi.SLOT_IO];
    if ((io & abi.IO_CONNECTING) !== 0) {
      if (socket.connecting) return;
      if (socket.refused || socket.reset) return this.enter(() => this.x.onError(slot, ECONNRESET));
      this.enter(() => this.x.onConnected(slot));
    } else if (events.has('out')) {
      socket.full = false;
      if (this.slotWord(slot, abi.SLOT_OUT_BYTES) !== 0) {
        this.enter(() => this.x.onWritable(slot));
        this.runCommands();
      }
    }
    if (this.kind(slot) === abi.KIND_CLOSED || this.slotWord(slot, abi.SLOT_GENERATION) !== generation) return;
    if (events.has('in') || events.has('hangup')) this.receive(slot, events.has('hangup'));
  }

  private readAgain(): void {
    const pairs = this.ready;
    this.ready = [];
    for (const [slot, generation] of pairs)
      if (this.slotWord(slot, abi.SLOT_GENERATION) === generation && this.kind(slot) !== abi.KIND_CLOSED)
        this.receive(slot, false);
  }

  /** Whether a turn would find something to do. */
  get busy(): boolean {
    return this.ready.length !== 0 || this.sockets.some((s) => !s.connecting && s.events.size !== 0);
  }

  /** Handles what has happened to one socket now. */
  deliver(socket: SimulatedSocket): void {
    this.event(socket);
    this.runCommands();
  }

  private deliverOne(socket: SimulatedSocket): void {
    this.event(socket);
    if (this.crowded()) this.runCommands();
  }

  /** One turn of the loop, over those of the sockets with events that the dice choose. */
  turn(): void {
    this.x.offline();
    this.x.online();
    const due = this.sockets.filter((s) => !s.connecting && s.events.size !== 0);
    const chosen = due.filter(() => this.generous || this.dice(4) !== 0);
    const received = this.dice(2) === 0 ? this.receiveTogether(chosen) : [];
    for (const socket of chosen) if (!socket.closed && socket.events.size !== 0) this.deliverOne(socket);
    this.deliverTogether(received);
    if (this.ready.length !== 0) this.readAgain();
    this.runCommands();
    this.enter(() => this.x.onTimers());
    this.runCommands();
  }
}
