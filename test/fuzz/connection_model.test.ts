// Fuzz target 3: random scripts of HTTP/1.1 connections through the core, without sockets.
//
// Clients pipeline requests of every kind, cut at random places; endpoints answer whole, in pieces, early, too much, wrongly or not
// at all; everybody may leave at any time; sends are taken in part; timers fire. Whatever happens: a client gets the responses to its
// own requests, in order, or its connection ends; nobody waits for ever; nothing is held when all have gone.
// WEFT_FUZZ_SEED and WEFT_FUZZ_RUNS repeat a run or make it longer; a failure names the seed of its script.
import { expect, test } from 'vitest';
import { SLOT_SIZE, SLOT_STATE, W_SLOTS } from '../../assembly/abi.js';
import { Client, makeRequest, UpstreamPeer, type Answers, type ClientRequest } from '../support/connection_actors.js';
import { CLEANUP_INTERVAL, ConnectionWorld } from '../support/connection_world.js';
import { FUZZ_SEED } from '../support/fuzz_seed.js';
import { SimulatedHost, type Dice } from '../support/simulated_host.js';

const SEED = FUZZ_SEED;
const RUNS = Number(process.env['WEFT_FUZZ_RUNS'] ?? 400);
const DS_CLOSING = 4;
const DS_TUNNEL = 5;
const US_IDLE = 1;
const SETTLE_TURNS = 3000;

const world = new ConnectionWorld();

function dice(seed: number): Dice {
  let x = Math.imul(seed, 0x9e3779b1) | 0 || 1;
  return (below) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return below < 1 ? 0 : (x >>> 0) % below;
  };
}

class Script {
  private readonly roll: Dice;
  private readonly host: SimulatedHost;
  private readonly clients: Client[] = [];
  private readonly peers: UpstreamPeer[] = [];
  private readonly answers: Answers = new Map();
  private readonly seen = new Map<number, number>();
  private readonly known = new Map<number, ClientRequest>();
  private nextId = 1;

  constructor(seed: number) {
    world.reset(seed);
    this.roll = dice(seed);
    this.host = new SimulatedHost(world.t, this.roll);
    this.host.onConnect = (socket) =>
      this.peers.push(new UpstreamPeer(socket, this.answers, this.seen, this.known, this.roll));
  }

  run(): void {
    for (let steps = 40 + this.roll(200); steps > 0; steps--) this.step();
    this.settle();
    this.holdersLeave();
    this.nobodyWaits();
    this.everybodyLeaves();
    expect(world.leftovers()).toEqual({});
  }

  private step(): void {
    const { roll, host } = this;
    const client = this.clients[roll(this.clients.length)];
    const peer = this.peers[roll(this.peers.length)];
    switch (roll(12)) {
      case 0:
        if (this.clients.length < 5) this.connect();
        break;
      case 1:
      case 2:
      case 3:
        client?.step(false);
        break;
      case 4:
      case 5:
      case 6:
        if (peer?.socket.connecting) this.settleConnect(peer.socket, roll(10) === 0);
        else peer?.step(false);
        break;
      case 7:
        for (const s of host.sockets) if (s.full && roll(2)) s.events.add('out');
        break;
      case 8:
        host.tick(roll(30) === 0 ? roll(6000) : roll(200));
        break;
      case 9:
        if (roll(12) === 0 && client && !client.left) client.leave(roll(2) ? 'end' : 'abort');
        if (roll(15) === 0 && peer && !peer.socket.connecting) peer.leave(roll(2) ? 'end' : 'abort');
        if (roll(4) === 0 && peer && this.isIdle(peer)) {
          peer.noise();
          host.deliver(peer.socket);
        }
        break;
    }
    if (roll(2)) host.turn();
    for (const c of this.clients) if (!c.left) c.check(this.answers);
  }

  private connect(): void {
    const count = 1 + this.roll(6);
    const requests = Array.from({ length: count }, (_, i) => makeRequest(this.nextId++, this.roll, i === count - 1));
    const port = 40000 + this.clients.length;
    for (const r of requests) this.known.set(r.id, { ...r, port });
    this.clients.push(new Client(this.host.accept(0, port), requests, this.roll));
  }

  private settleConnect(socket: UpstreamPeer['socket'], refused: boolean): void {
    socket.connecting = false;
    socket.refused = refused;
    socket.events.add('out');
  }

  // Everybody does what is asked, and no time passes: what does not come to an end now has been forgotten.
  private settle(): void {
    const { host } = this;
    host.generous = true;
    for (let turns = 0; ; turns++) {
      if (turns === SETTLE_TURNS) throw new Error('the script does not come to rest');
      for (const c of this.clients) c.step(true);
      for (const p of this.peers) if (p.socket.connecting) this.settleConnect(p.socket, false);
      for (const p of this.peers) if (!p.socket.closed) p.step(true);
      for (const s of host.sockets) if (s.full) s.events.add('out');
      host.turn();
      const open = this.peers.filter((p) => !p.socket.closed);
      if (!host.busy && this.clients.every((c) => c.done) && open.every((p) => p.idle && !p.socket.connecting)) break;
    }
  }

  private stateOf(slot: number): number {
    return world.t.worker.u8[world.t.W + W_SLOTS + slot * SLOT_SIZE + SLOT_STATE];
  }

  private isIdle({ socket }: UpstreamPeer): boolean {
    return !socket.connecting && !socket.closed && socket.events.size === 0 && this.stateOf(socket.slot) === US_IDLE;
  }

  // Who sends half a request or has a tunnel may hold the last connection that a circuit breaker allows.
  private holdersLeave(): void {
    for (;;) {
      const holders = this.clients.filter((c) => !c.left && !c.socket.closed && this.holds(c));
      if (holders.length === 0) return;
      for (const c of holders) c.leave('end');
      this.settle();
    }
  }

  private holds(client: Client): boolean {
    return client.hangs || this.stateOf(client.socket.slot) === DS_TUNNEL;
  }

  private nobodyWaits(): void {
    for (const client of this.clients) {
      if (client.left) continue;
      const count = client.check(this.answers);
      if (client.hangs || client.socket.closed || count === client.requests.length) continue;
      const state = this.stateOf(client.socket.slot);
      if (state === DS_CLOSING || state === DS_TUNNEL) continue;
      const waits = client.requests[count];
      throw new Error(`request ${waits.id} (${waits.kind} ${waits.method}) is never answered; state ${state}`);
    }
  }

  private everybodyLeaves(): void {
    const { host } = this;
    for (const c of this.clients) if (!c.left) c.leave('end');
    this.settle();
    host.tick(1100); // delayed_close_timeout
    this.settle();
    for (const c of this.clients) expect(c.socket.closed, 'a connection outlives its client').toBe(true);
    for (const p of this.peers.filter((each) => !each.socket.closed)) {
      expect(this.stateOf(p.socket.slot), 'a connection upstream serves nobody').toBe(US_IDLE);
      p.leave('end');
    }
    this.settle();
    for (let round = 0; round < 2; round++) {
      host.tick(CLEANUP_INTERVAL);
      this.settle();
    }
  }
}

function play(seed: number): void {
  try {
    new Script(seed).run();
  } catch (error) {
    throw new Error(`WEFT_FUZZ_SEED=${seed} WEFT_FUZZ_RUNS=1: ${(error as Error).message}`, { cause: error });
  }
}

test('whatever clients and endpoints do, each client gets its own responses in order or its connection ends', () => {
  for (let i = 0; i < RUNS; i++) play(SEED + i);
}, 3_600_000);
