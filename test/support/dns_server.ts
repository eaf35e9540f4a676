// A DNS server over UDP that answers A and AAAA questions from a table, and counts them.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { ipBytes } from '../../host/io/address.js';

export interface DnsZone {
  /** Lower-case name -> addresses; a name that is absent does not exist. */
  readonly names: Map<string, string[]>;
  ttl: number;
  /** NOERROR 0, SERVFAIL 2, REFUSED 5; -1 = no answer at all. */
  rcode: number;
}

const TYPE_A = 1;
const TYPE_AAAA = 28;
const NXDOMAIN = 3;

function readQuestion(message: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = message[at]; length !== 0; length = message[at]) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: message.readUInt16BE(at + 1), end: at + 5 };
}

function record(type: number, ttl: number, address: string): Buffer {
  const data = ipBytes(address)!;
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0); // the name of the question
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4); // IN
  head.writeUInt32BE(ttl, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

export class DnsServer {
  readonly zone: DnsZone = { names: new Map(), ttl: 60, rcode: 0 };
  readonly questions: string[] = [];
  private constructor(private readonly socket: Socket) {
    socket.on('message', (message, peer) => {
      const reply = this.answer(message);
      if (reply) socket.send(reply, peer.port, peer.address);
    });
  }

  static async start(port = 0): Promise<DnsServer> {
    const socket = createSocket('udp4').bind(port, '127.0.0.1');
    await once(socket, 'listening');
    return new DnsServer(socket);
  }

  get address(): string {
    return `127.0.0.1:${this.socket.address().port}`;
  }

  async stop(): Promise<void> {
    this.socket.close();
    await once(this.socket, 'close');
  }

  private answer(message: Buffer): Buffer | undefined {
    const { name, type, end } = readQuestion(message);
    this.questions.push(`${type === TYPE_A ? 'A' : type === TYPE_AAAA ? 'AAAA' : type} ${name}`);
    const { names, ttl, rcode } = this.zone;
    if (rcode < 0) return undefined;
    const known = names.get(name);
    const addresses = rcode === 0 ? (known ?? []).filter((a) => a.includes(':') === (type === TYPE_AAAA)) : [];
    const head = Buffer.from(message.subarray(0, end));
    head.writeUInt16BE(0x8180 | (rcode || (known ? 0 : NXDOMAIN)), 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(addresses.length, 6);
    head.writeUInt32BE(0, 8); // no authorities, nothing additional
    return Buffer.concat([head, ...addresses.map((address) => record(type, ttl, address))]);
  }
}
