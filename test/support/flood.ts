// Raw ends for bodies that are too large to keep: a server that swallows or pours, and a client that does the same.
import { connect, createServer, type Server, type Socket } from 'node:net';

const PIECE = Buffer.alloc(256 * 1024, 'x');

/** Writes `size` bytes as fast as the socket takes them; resolves when all were taken, or with the socket's end. */
export function pour(socket: Socket, size: number): Promise<void> {
  return new Promise((resolve) => {
    let left = size;
    const more = (): void => {
      while (left > 0 && !socket.destroyed) {
        const piece = left >= PIECE.length ? PIECE : PIECE.subarray(0, left);
        left -= piece.length;
        if (!socket.write(piece)) return;
      }
      socket.off('drain', more);
      resolve();
    };
    socket.on('drain', more);
    socket.on('close', () => resolve());
    more();
  });
}

/** An upstream that reads a head and a body by length, then answers with `pourBytes` bytes. */
export class FloodUpstream {
  /** Bytes of request bodies so far. */
  swallowed = 0;
  /** Bytes of answers that the kernel took so far. */
  poured = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static start(port: number, pourBytes: number): Promise<FloodUpstream> {
    return new Promise((resolve) => {
      const server = createServer({ noDelay: true });
      const upstream = new FloodUpstream(server, port);
      server.on('connection', (socket) => upstream.serve(socket, pourBytes));
      server.listen({ port, host: '127.0.0.1', backlog: 1024 }, () => resolve(upstream));
    });
  }

  get taken(): number {
    return [...this.sockets].reduce((sum, socket) => sum + socket.bytesWritten - socket.writableLength, 0);
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private serve(socket: Socket, pourBytes: number): void {
    this.sockets.add(socket);
    socket.on('error', () => socket.destroy());
    let head = '';
    let expected = -1;
    let got = 0;
    socket.on('data', (piece) => {
      let body = piece.length;
      if (expected < 0) {
        head += piece.toString('latin1');
        const end = head.indexOf('\r\n\r\n');
        if (end < 0) return;
        expected = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
        body = head.length - end - 4;
      }
      got += body;
      this.swallowed += body;
      if (got < expected) return;
      [head, expected, got] = ['', -1, 0];
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${pourBytes}\r\n\r\n`);
      void pour(socket, pourBytes);
    });
  }
}

/** Sends a request with a body of `bodyBytes`; resolves with the bytes of the answer's body once `expected` have come. */
export function floodRequest(port: number, bodyBytes: number, expected: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(`POST / HTTP/1.1\r\nhost: a.example\r\ncontent-length: ${bodyBytes}\r\n\r\n`);
      void pour(socket, bodyBytes);
    });
    let head = '';
    let body = -1;
    socket.on('data', (piece) => {
      if (body >= 0) body += piece.length;
      else {
        head += piece.toString('latin1');
        const end = head.indexOf('\r\n\r\n');
        if (end >= 0) body = head.length - end - 4;
      }
      if (body >= expected) socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(body));
  });
}
