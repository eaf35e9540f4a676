// Reading decoded Envoy messages: durations, wrappers and Any, with what is absent made explicit.
import type { google } from '../../proto/generated/api.js';
import type protobuf from 'protobufjs/light.js';

export type Message = protobuf.Message & Record<string, unknown>;
type Duration = google.protobuf.Duration;
type Any = google.protobuf.Any;

/** Timers take no more than this (about 24.8 days); a longer duration is as good as endless. */
export const MAX_DURATION_MS = 0x7fff_ffff;

/** Milliseconds, rounded up so that 1 ns is no zero; clamped to 0 … MAX_DURATION_MS; `absent` when there is none. */
export function durationMs(duration: Duration | null | undefined): number | undefined;
export function durationMs(duration: Duration | null | undefined, absent: number): number;
export function durationMs(duration: Duration | null | undefined, absent?: number): number | undefined {
  if (duration === null || duration === undefined) return absent;
  const ms = Math.ceil(Number(duration.seconds) * 1000 + duration.nanos / 1e6);
  return Number.isNaN(ms) ? 0 : Math.min(Math.max(ms, 0), MAX_DURATION_MS);
}

/** Milliseconds as a Duration, or since 1970 as a Timestamp. */
export function secondsAndNanos(ms: number): { seconds: number; nanos: number } {
  const seconds = Math.floor(ms / 1000);
  return { seconds, nanos: (ms - seconds * 1000) * 1e6 };
}

/** The value inside a wrapper (`UInt32Value`, `BoolValue`, …), or `absent`. */
export function wrapped<T>(wrapper: { value: T } | null | undefined): T | undefined;
export function wrapped<T>(wrapper: { value: T } | null | undefined, absent: T): T;
export function wrapped<T>(wrapper: { value: T } | null | undefined, absent?: T): T | undefined {
  return wrapper === null || wrapper === undefined ? absent : wrapper.value;
}

/** A `Percent` or `FractionalPercent` as parts of a million. */
export function partsPerMillion(percent: { numerator: number; denominator: number }): number {
  const scale = [10_000, 100, 1][percent.denominator] ?? 1;
  return Math.min(percent.numerator * scale, 1_000_000);
}

type Struct = google.protobuf.Struct;

/** A Struct as the JSON that it was written in. */
export function structJson(struct: Struct): Record<string, unknown> {
  return Object.fromEntries(Object.entries(struct.fields).map(([name, value]) => [name, valueJson(value)]));
}

function valueJson(value: google.protobuf.Value): unknown {
  if (value.struct_value) return structJson(value.struct_value);
  if (value.list_value) return value.list_value.values.map(valueJson);
  const { kind } = value;
  return kind === undefined || kind === 'null_value' ? null : value[kind];
}

const UNPACKED = Symbol('unpacked');
type UnpackedAny = Any & { [UNPACKED]?: Message };

/** The full name of the message inside: what follows the last slash of the type URL. */
export function anyTypeName(any: Any | null | undefined): string {
  return any === null || any === undefined ? '' : any.type_url.slice(any.type_url.lastIndexOf('/') + 1);
}

/**
 * The message inside an Any. Decoding attached it (`attachUnpacked`), so that reading needs no descriptors.
 * With `typeName` only a message of that type. Undefined when there is none.
 */
export function unpackAny<T = Message>(any: Any | null | undefined, typeName?: string): T | undefined {
  if (any === null || any === undefined) return undefined;
  if (typeName !== undefined && anyTypeName(any) !== typeName) return undefined;
  return (any as UnpackedAny)[UNPACKED] as T | undefined;
}

/** Ties an Any to its decoded message. */
export function attachUnpacked(any: Any, message: Message): void {
  Object.defineProperty(any, UNPACKED, { value: message, enumerable: false, configurable: true });
}

/** An Any around `message`; its bytes are made when somebody asks for them. */
export function packAny(anyType: protobuf.Type, typeUrl: string, message: Message): Any {
  const any = anyType.create({ type_url: typeUrl }) as unknown as Any;
  Object.defineProperty(any, 'value', {
    get: () => message.$type.encode(message).finish(),
    enumerable: true,
    configurable: true,
  });
  attachUnpacked(any, message);
  return any;
}
