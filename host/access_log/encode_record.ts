// An access log record as bytes, for what does not come out of a worker's ring (layout: abi.ts LOG_*).
import * as abi from '../../assembly/abi.js';

export interface RecordFacts {
  plan?: number;
  start?: number;
  status?: number;
  flags?: number;
  protocol?: number;
  type?: number;
  details?: number;
  errno?: number;
  attempts?: number;
  connectionId?: number;
  upstreamConnectionId?: number;
  bytesReceived?: number;
  bytesSent?: number;
  downstreamRx?: number;
  downstreamTx?: number;
  upstreamRx?: number;
  upstreamTx?: number;
  /** Milliseconds after the start. */
  times?: Partial<Record<keyof typeof TIMES, number | null>>;
  texts?: Partial<Record<keyof typeof TEXTS, string | null>>;
  /** Values of the headers that the plan names, in its order: binary strings. */
  headers?: readonly (string | null)[];
}

const TIMES = {
  duration: abi.LOG_DURATION,
  downstreamRxEnd: abi.LOG_DOWNSTREAM_RX_END,
  upstreamTxBegin: abi.LOG_UPSTREAM_TX_BEGIN,
  upstreamTxEnd: abi.LOG_UPSTREAM_TX_END,
  upstreamRxBegin: abi.LOG_UPSTREAM_RX_BEGIN,
  upstreamRxEnd: abi.LOG_UPSTREAM_RX_END,
  downstreamTxBegin: abi.LOG_DOWNSTREAM_TX_BEGIN,
  downstreamTxEnd: abi.LOG_DOWNSTREAM_TX_END,
};

const TEXTS = {
  downstreamRemote: abi.LOG_TEXT_DOWNSTREAM_REMOTE,
  downstreamDirectRemote: abi.LOG_TEXT_DOWNSTREAM_DIRECT_REMOTE,
  downstreamLocal: abi.LOG_TEXT_DOWNSTREAM_LOCAL,
  upstreamHost: abi.LOG_TEXT_UPSTREAM_HOST,
  upstreamHostName: abi.LOG_TEXT_UPSTREAM_HOST_NAME,
  upstreamLocal: abi.LOG_TEXT_UPSTREAM_LOCAL,
  upstreamCluster: abi.LOG_TEXT_UPSTREAM_CLUSTER,
  routeName: abi.LOG_TEXT_ROUTE_NAME,
  virtualClusterName: abi.LOG_TEXT_VIRTUAL_CLUSTER_NAME,
  details: abi.LOG_TEXT_DETAILS,
  terminationDetails: abi.LOG_TEXT_TERMINATION_DETAILS,
  requestedServerName: abi.LOG_TEXT_REQUESTED_SERVER_NAME,
  filterChainName: abi.LOG_TEXT_FILTER_CHAIN_NAME,
  downstreamDirectLocal: abi.LOG_TEXT_DOWNSTREAM_DIRECT_LOCAL,
};

const ABSENT = abi.LOG_ABSENT >>> 0;

function textBytes(text: string | null | undefined): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text === null || text === undefined ? ABSENT : text.length);
  return Buffer.concat([length, Buffer.from(text ?? '', 'latin1')]);
}

/** One record, as it stands in the ring. */
export function logRecord(facts: RecordFacts): Buffer {
  const fixed = Buffer.alloc(abi.LOG_FIXED_SIZE);
  const texts: (string | null | undefined)[] = Array<undefined>(abi.LOG_TEXTS).fill(undefined);
  for (const [name, index] of Object.entries(TEXTS)) texts[index] = facts.texts?.[name as keyof typeof TEXTS];
  const record = Buffer.concat([fixed, ...[...texts, ...(facts.headers ?? [])].map(textBytes)]);
  const size = (record.length + 7) & ~7;
  record.writeUInt32LE(size, abi.LOG_SIZE);
  record.writeUInt32LE(facts.plan ?? 1, abi.LOG_PLAN);
  const u64 = (at: number, value = 0): void => void record.writeBigUInt64LE(BigInt(value), at);
  u64(abi.LOG_START, facts.start);
  u64(abi.LOG_BYTES_RECEIVED, facts.bytesReceived);
  u64(abi.LOG_BYTES_SENT, facts.bytesSent);
  u64(abi.LOG_DOWNSTREAM_RX, facts.downstreamRx);
  u64(abi.LOG_DOWNSTREAM_TX, facts.downstreamTx);
  u64(abi.LOG_UPSTREAM_RX, facts.upstreamRx);
  u64(abi.LOG_UPSTREAM_TX, facts.upstreamTx);
  record.writeUInt32LE(facts.flags ?? 0, abi.LOG_RESPONSE_FLAGS);
  record.writeUInt32LE(facts.details ?? 0, abi.LOG_DETAILS);
  record.writeUInt16LE(facts.status ?? 0, abi.LOG_STATUS);
  record[abi.LOG_PROTOCOL] = facts.protocol ?? abi.LOG_PROTOCOL_HTTP_11;
  record[abi.LOG_TYPE] = facts.type ?? abi.LOG_TYPE_DOWNSTREAM_END;
  record.writeUInt16LE(facts.attempts ?? 0, abi.LOG_ATTEMPTS);
  record.writeUInt16LE(facts.errno ?? 0, abi.LOG_ERRNO);
  record.writeUInt32LE(facts.connectionId ?? 0, abi.LOG_CONNECTION_ID);
  record.writeUInt32LE(facts.upstreamConnectionId ?? 0, abi.LOG_UPSTREAM_CONNECTION_ID);
  for (const [name, at] of Object.entries(TIMES)) {
    record.writeUInt32LE(facts.times?.[name as keyof typeof TIMES] ?? ABSENT, at);
  }
  return Buffer.concat([record, Buffer.alloc(size - record.length)]);
}
