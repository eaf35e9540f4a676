// grpc: grpc.health.v1.Health/Check over node:http2. (grpc-js cannot choose the source address, and this one call needs little of it.)
// https://github.com/grpc/grpc/blob/master/doc/health-checking.md, https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
import { connect as connectHttp2, type IncomingHttpHeaders } from 'node:http2';
import { connect } from 'node:net';
import type { GrpcCheck } from './app_probers.js';
import { hostPort } from '../io/address.js';
import { failed, probeSource, type ProbeAnswer, type ProbeCall } from './probe.js';

const MAX_ANSWER = 4096;
const SERVING = 1;
const UNIMPLEMENTED = '12';
const STATUS_NAMES = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];

export async function probeGrpc(action: GrpcCheck, call: ProbeCall): Promise<ProbeAnswer> {
  try {
    const status = await check(action, call);
    if (status === SERVING) return { status: 200, body: '' };
    return failed(`the gRPC health status is ${STATUS_NAMES[status] ?? status}`);
  } catch (error) {
    return failed(call.signal.aborted ? String(call.signal.reason) : (error as Error).message);
  }
}

/** HealthCheckResponse.status. */
function check({ port, service }: GrpcCheck, { headers, target, signal }: ProbeCall): Promise<number> {
  const authority = hostPort(target, port);
  return new Promise((resolve, reject) => {
    const session = connectHttp2(`http://${authority}`, {
      createConnection: () => connect({ host: target, port, localAddress: probeSource(target) }),
    });
    const fail = (error: Error): void => {
      session.destroy();
      reject(error);
    };
    session.on('error', fail);
    session.on('close', () => fail(new Error('the application closed the connection without an answer')));
    signal.addEventListener('abort', () => fail(new Error(String(signal.reason))));
    const stream = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
      'user-agent': headers['user-agent'] ?? 'weft',
    });
    const answer: { head?: IncomingHttpHeaders; trailers?: IncomingHttpHeaders; bytes: Buffer } = {
      bytes: Buffer.alloc(0),
    };
    stream.on('response', (head) => (answer.head = head));
    stream.on('trailers', (trailers) => (answer.trailers = trailers));
    stream.on('data', (piece: Buffer) => {
      answer.bytes = Buffer.concat([answer.bytes, piece]);
      if (answer.bytes.length > MAX_ANSWER) fail(new Error('the answer is longer than a health status'));
    });
    stream.on('error', fail);
    stream.on('end', () => {
      try {
        resolve(statusOf(answer.head, answer.trailers ?? answer.head, answer.bytes));
      } catch (error) {
        reject(error as Error);
      }
      session.destroy();
    });
    stream.end(request(service));
  });
}

/** A length-prefixed HealthCheckRequest: field 1, the service. */
function request(service: string): Buffer {
  const name = Buffer.from(service);
  const message = name.length === 0 ? name : Buffer.concat([Buffer.of(0x0a), varint(name.length), name]);
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

function varint(n: number): Buffer {
  return n < 0x80 ? Buffer.of(n) : Buffer.of((n & 0x7f) | 0x80, ...varint(n >>> 7));
}

function statusOf(
  head: IncomingHttpHeaders | undefined,
  trailers: IncomingHttpHeaders | undefined,
  bytes: Buffer,
): number {
  if (head?.[':status'] !== (200 as unknown))
    throw new Error(`the answer has HTTP status ${String(head?.[':status'])}`);
  const code = trailers?.['grpc-status'];
  if (code === UNIMPLEMENTED) throw new Error('the application does not implement grpc.health.v1.Health');
  if (code !== '0') throw new Error(`the call failed with gRPC status ${String(code ?? 'none')}`);
  if (bytes.length < 5 || bytes[0] !== 0 || bytes.readUInt32BE(1) !== bytes.length - 5)
    throw new Error('the answer is no gRPC message');
  return healthStatus(bytes.subarray(5));
}

/** HealthCheckResponse: field 1, a varint of one byte; what else there may be one day is not looked at. */
function healthStatus(message: Buffer): number {
  if (message.length === 0) return 0;
  if (message[0] !== 0x08 || message.length < 2 || message[1] >= 0x80)
    throw new Error('the answer is no HealthCheckResponse');
  return message[1];
}
