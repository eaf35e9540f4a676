// gRPC and REST at one port: HTTP/2 says who it is with its first bytes (RFC 9113, 3.4).
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer, type Server } from 'node:net';
import type { Duplex } from 'node:stream';

/** "PRI", with which no request of HTTP/1.1 begins: POST, PUT and PATCH part from it here. */
const PREFACE = Buffer.from('PRI');

export function onePort(http2: (connection: Duplex) => void, http1: RequestListener): Server {
  const http = createHttpServer(http1);
  return createServer((socket) => {
    socket.on('error', () => socket.destroy());
    const seen: Buffer[] = [];
    const look = (piece: Buffer): void => {
      seen.push(piece);
      const bytes = Buffer.concat(seen);
      const isShort = bytes.length < PREFACE.length && PREFACE.subarray(0, bytes.length).equals(bytes);
      if (isShort) return;
      socket.off('data', look);
      socket.pause();
      socket.unshift(bytes);
      if (bytes.subarray(0, PREFACE.length).equals(PREFACE)) return http2(socket); // which reads what was put back by itself
      http.emit('connection', socket);
      socket.resume();
    };
    socket.on('data', look);
  });
}
