// A stream of reports to a service: opened again with back-off whenever it ends, for as long as there is something to say.
import { LOG_DEBUG, LOG_INFO } from '../process/log_level.js';
import { streamBackOff, type BackOff } from '../xds/back_off.js';
import type { StreamConnection, Transport } from '../xds/transport.js';

export interface ReportStreamOptions {
  readonly transport: Transport;
  readonly method: string;
  readonly backOff?: BackOff | undefined;
  /** A new stream, to which nothing has been said yet. */
  readonly opened: () => void;
  readonly message?: (bytes: Uint8Array) => void;
  readonly log: (level: number, message: string) => void;
}

export class ReportStream {
  private readonly backOff: BackOff;
  private connection: StreamConnection | undefined;
  private retry: NodeJS.Timeout | undefined;
  private isClosed = false;
  private whenEnded: () => void = () => {};

  constructor(private readonly options: ReportStreamOptions) {
    this.backOff = options.backOff ?? streamBackOff();
  }

  /** Opens the stream, unless it is open or waits for its turn. */
  open(): void {
    if (this.connection || this.retry || this.isClosed) return;
    const { transport, method, opened, message, log } = this.options;
    log(LOG_DEBUG, `opening ${method} to ${transport.name}`);
    const connection = transport.open(method, {
      message: (bytes) => {
        if (this.connection !== connection) return;
        this.backOff.reset();
        message?.(bytes);
      },
      closed: (reason) => {
        if (this.connection === connection) this.lost(reason);
      },
    });
    this.connection = connection;
    opened();
  }

  /** What is sent now does not pile up here. */
  get isWritable(): boolean {
    return this.connection?.isWritable ?? false;
  }

  get isOpen(): boolean {
    return this.connection !== undefined;
  }

  /** Only where the stream is open. */
  send(bytes: Uint8Array): void {
    if (this.isWritable) this.backOff.reset();
    this.connection!.send(bytes);
  }

  /** Nothing more is sent. Resolves when the service has ended the stream, too; give it some time, then `close`. */
  end(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.retry);
    const { connection } = this;
    if (!connection) return Promise.resolve();
    connection.end();
    return new Promise((resolve) => (this.whenEnded = resolve));
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.retry);
    this.connection?.close();
    this.connection = undefined;
  }

  private lost(reason: string): void {
    const { transport, method, log } = this.options;
    this.connection = undefined;
    if (this.isClosed) return this.whenEnded();
    const wait = this.backOff.next();
    log(LOG_INFO, `${method} to ${transport.name} has ended: ${reason}; again in ${wait} ms`);
    this.retry = setTimeout(() => {
      this.retry = undefined;
      this.open();
    }, wait).unref();
  }
}
