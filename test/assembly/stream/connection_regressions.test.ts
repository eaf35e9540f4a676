// What the connection model (test/fuzz/connection_model.test.ts) has found, each as the shortest script that shows it.
import { beforeEach, expect, test } from 'vitest';
import { ConnectionWorld } from '../../support/connection_world.js';
import { SimulatedHost, type SimulatedSocket } from '../../support/simulated_host.js';

const GET = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

const world = new ConnectionWorld();
let host: SimulatedHost;
let endpoints: SimulatedSocket[];

beforeEach(() => {
  world.reset(1);
  host = new SimulatedHost(world.t, () => 1);
  endpoints = [];
  host.onConnect = (socket) => endpoints.push(socket);
});

function settle(): void {
  for (const e of endpoints) {
    if (!e.connecting) continue;
    e.connecting = false;
    e.events.add('out');
  }
  do host.turn();
  while (host.busy);
}

function write(socket: SimulatedSocket, text: string): void {
  socket.write(Buffer.from(text, 'latin1'));
  settle();
}

function client(text: string): SimulatedSocket {
  const socket = host.accept(0, 40000);
  write(socket, text);
  settle();
  return socket;
}

function read(socket: SimulatedSocket): string {
  return socket.read().toString('latin1');
}

test('retained input that is being sent is not given to anybody else (use after free)', () => {
  const body = 'b'.repeat(3000);
  const c = client(GET('/wide/1') + GET('/wide/2'));
  const head = `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n`;
  write(endpoints[0], head);
  write(endpoints[0], `\r\n${body}`); // sent from the retained head's buffer, while the next request takes buffers
  expect(read(c)).toMatch(new RegExp(`\r\n\r\n${body}$`));
});

test('a request head that was cut behind a pipelined one is read to its end', () => {
  const c = client(GET('/wide/1') + 'GET /direct HT');
  write(endpoints[0], 'HTTP/1.1 204 No Content\r\n\r\n');
  write(c, 'TP/1.1\r\nHost: a\r\n\r\n');
  expect(read(c)).toMatch(/direct$/);
});

test('a pipelined request body that has yet to come is read', () => {
  const reply = 'HTTP/1.1 204 No Content\r\n\r\n';
  const c = client(GET('/wide/1'));
  write(endpoints[0], reply);
  write(c, GET('/wide/2'));
  write(endpoints[1], reply); // now both endpoints have an idle connection
  write(c, `${GET('/wide/3')}POST /wide/4 HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc`);
  write(endpoints[0], reply);
  write(c, 'def');
  expect(read(endpoints[1])).toMatch(/abcdef$/);
});

test('a 205 has the body that its framing says (response-queue poisoning)', () => {
  const c = client(GET('/wide/1'));
  write(endpoints[0], 'HTTP/1.1 205 Reset Content\r\ncontent-length: 3\r\n\r\nabc');
  expect(read(c)).toMatch(/content-length: 3\r\n[^]*\r\n\r\nabc$/);
});

test('an end that came while nobody read is noticed when reading goes on', () => {
  const c = client(GET('/wide/1'));
  c.full = true; // the client takes nothing for now
  write(endpoints[0], 'HTTP/1.1 200 OK\r\n\r\nabc');
  endpoints[0].write(Buffer.from('def'));
  endpoints[0].end();
  settle();
  c.events.add('out');
  settle();
  expect(read(c)).toMatch(/3\r\ndef\r\n0\r\n\r\n$/);
  expect(endpoints[0].closed).toBe(true);
});

test('a reply is sent before a connection whose client has ended its side is closed', () => {
  const c = host.accept(0, 40000);
  c.write(Buffer.from(GET('/direct')));
  c.end();
  settle();
  expect(read(c)).toMatch(/direct$/);
  expect(c.closed).toBe(true);
});

test('thousands of idle connections close at once: timers and a drain stop when the command list is full', () => {
  const connect = (): void => {
    for (let i = 0; i < 4000; i++) host.accept(0, 40000);
    host.tick(2000);
  };
  connect();
  host.tick(7000); // idle_timeout
  for (let turns = 0; turns < 10; turns++) host.turn();
  expect(host.sockets).toHaveLength(0);
  connect();
  while (world.t.worker.exports.closeIdle()) host.runCommands();
  host.runCommands();
  expect(host.sockets).toHaveLength(0);
  expect(world.leftovers()).toEqual({});
});

test('requests with large heads whose connections are made in one turn do not run out of the out area', () => {
  const long = `GET /wide/1 HTTP/1.1\r\nHost: a\r\nx-long: ${'v'.repeat(50_000)}\r\n\r\n`;
  const clients = Array.from({ length: 40 }, () => host.accept(0, 40000));
  for (const c of clients) c.write(Buffer.from(long));
  host.turn();
  settle();
  expect(endpoints.map((e) => read(e).match(/x-long: (v*)/)?.[1].length)).toEqual(clients.map(() => 50_000));
});

test('a refused connect answers or closes the thousands of pipelines that wait for it', () => {
  const clients = Array.from({ length: 6000 }, () => host.accept(0, 40000));
  for (const c of clients) c.write(Buffer.from(GET('/wide/1').repeat(2)));
  host.turn();
  for (let rounds = 0; rounds < 50 && endpoints.length !== 0; rounds++) {
    for (const e of endpoints.splice(0)) {
      e.connecting = false;
      e.refused = true;
      e.events.add('out');
    }
    do host.turn();
    while (host.busy);
  }
  for (const c of clients) expect(c.closed || read(c).match(/HTTP\/1\.1 503/g)?.length === 2).toBe(true);
});
