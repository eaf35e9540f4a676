// A line in the access logs of the admin listener for each of its requests.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { DETAILS_FILTER, LOG_PROTOCOL_HTTP_10, LOG_PROTOCOL_HTTP_11 } from '../../assembly/abi.js';
import type { AccessLogs, PlanForCore } from '../access_log/access_logs.js';
import { logRecord } from '../access_log/encode_record.js';

/** What is known of a request when its answer has gone out. */
export interface AdminExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly durationMs: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  readonly connectionId: number;
}

export type AdminAccessLog = (exchange: AdminExchange) => void;

/** `machineAddress`: what Envoy appends to x-forwarded-for where a client is on the loopback interface. */
export function adminAccessLog(logs: AccessLogs, plan: PlanForCore, machineAddress: string): AdminAccessLog {
  return (exchange) => {
    const { request, response } = exchange;
    const { socket } = request;
    const remote = socketAddress(socket.remoteAddress, socket.remotePort);
    const forwarded = forwardedFor(request, machineAddress);
    logs.log(
      logRecord({
        plan: plan.id,
        start: exchange.startedAt,
        status: response.statusCode,
        protocol: request.httpVersion === '1.0' ? LOG_PROTOCOL_HTTP_10 : LOG_PROTOCOL_HTTP_11,
        details: DETAILS_FILTER,
        connectionId: exchange.connectionId,
        bytesReceived: exchange.bytesReceived,
        bytesSent: exchange.bytesSent,
        times: { duration: exchange.durationMs, downstreamRxEnd: 0 },
        texts: {
          details: 'admin_filter_response',
          downstreamRemote: remote,
          downstreamDirectRemote: remote,
          downstreamLocal: socketAddress(socket.localAddress, socket.localPort),
        },
        headers: [
          ...plan.requestHeaders.map((name) => requestHeader(request, name, forwarded)),
          ...plan.responseHeaders.map((name) => responseHeader(response, name)),
          ...plan.responseTrailers.map(() => null),
        ],
      }),
    );
  };
}

function socketAddress(address: string | undefined, port: number | undefined): string | null {
  if (address === undefined || port === undefined) return null;
  return isIP(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`;
}

function forwardedFor({ headers, socket }: IncomingMessage, machineAddress: string): string | null {
  const given = headers['x-forwarded-for'];
  const remote = socket.remoteAddress ?? null;
  const seen = remote !== null && /^(?:127\.|::1$)/.test(remote) ? machineAddress : remote;
  return [given, seen].filter((each) => each !== undefined && each !== null).join(',') || null;
}

function requestHeader(request: IncomingMessage, name: string, forwarded: string | null): string | null {
  switch (name) {
    case ':method':
      return request.method ?? null;
    case ':path':
      return request.url ?? null;
    case ':authority':
      return request.headers.host ?? null;
    case ':scheme':
    case 'x-forwarded-proto':
      return 'http';
    case 'x-forwarded-for':
      return forwarded;
    default:
      return joined(request.headers[name]);
  }
}

function responseHeader(response: ServerResponse, name: string): string | null {
  return name === ':status' ? String(response.statusCode) : joined(response.getHeader(name));
}

function joined(value: number | string | readonly string[] | undefined): string | null {
  if (value === undefined) return null;
  return typeof value === 'object' ? value.join(',') : String(value);
}
