// A service at the other end of streams, played by the test.
import type { StreamConnection, StreamHandlers, Transport } from '../../host/xds/transport.js';

export class FakeStream implements StreamConnection {
  readonly sent: Uint8Array[] = [];
  isWritable = true;
  isEnded = false;
  isClosed = false;

  constructor(
    readonly method: string,
    readonly handlers: StreamHandlers,
  ) {}

  send(bytes: Uint8Array): void {
    this.sent.push(bytes);
  }

  end(): void {
    this.isEnded = true;
  }

  close(): void {
    this.isClosed = true;
  }
}

export class FakeTransport implements Transport {
  readonly name = 'fake';
  readonly streams: FakeStream[] = [];
  /** Of streams that are opened from now on. */
  isWritable = true;

  open(method: string, handlers: StreamHandlers): StreamConnection {
    const stream = new FakeStream(method, handlers);
    stream.isWritable = this.isWritable;
    this.streams.push(stream);
    return stream;
  }
}
