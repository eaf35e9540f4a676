// The texts that protobuf's JSON mapping gives to Duration, Timestamp, FieldMask and bytes.

const MAX_DURATION_SECONDS = 315_576_000_000; // 10,000 years, as in google/protobuf/duration.proto

/** `-?SECONDS[.FRACTION]s` with up to nine digits of fraction. */
export function decodeDuration(text: string): { seconds: number; nanos: number } | undefined {
  const match = /^(-?)(\d{1,12})(?:\.(\d{1,9}))?s$/.exec(text);
  if (match === null) return undefined;
  const sign = match[1] === '-' ? -1 : 1;
  const seconds = Number(match[2]);
  const nanos = Number((match[3] ?? '').padEnd(9, '0'));
  if (seconds > MAX_DURATION_SECONDS) return undefined;
  return { seconds: sign * seconds || 0, nanos: sign * nanos || 0 };
}

/** RFC 3339 with up to nine digits of fraction. */
export function decodeTimestamp(text: string): { seconds: number; nanos: number } | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(text);
  if (match === null) return undefined;
  const ms = Date.parse(`${match[1]}${match[3]}`);
  return Number.isNaN(ms) ? undefined : { seconds: ms / 1000, nanos: Number((match[2] ?? '').padEnd(9, '0')) };
}

/** `a.b,cD` → paths in snake_case. */
export function decodeFieldMask(text: string): { paths: string[] } | undefined {
  if (text === '') return { paths: [] };
  if (!/^[A-Za-z0-9_.]+(,[A-Za-z0-9_.]+)*$/.test(text)) return undefined;
  return { paths: text.split(',').map((path) => path.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)) };
}

/** Base64, standard or URL-safe, with or without padding. */
export function decodeBytes(text: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(text) || text.replace(/=+$/, '').length % 4 === 1) return undefined;
  return Buffer.from(text, 'base64');
}
