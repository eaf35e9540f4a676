// What can be said of a resource without decoding it: its name, and whether it has come before, byte for byte.
import { createHash } from 'node:crypto';

const NAME_TAG = 0x0a; // field 1, length-delimited: every kind has its name there
const LENGTH_DELIMITED = 2;
const FIXED = new Map([
  [1, 8],
  [5, 4],
]); // bytes by wire type

/** The name that an encoded resource of any kind gives itself, found without decoding the rest; undefined where the bytes are no message. */
export function nameIn(bytes: Uint8Array): string | undefined {
  let name: Uint8Array = new Uint8Array();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; at < bytes.length && scale < 2 ** 70; scale *= 128) {
      const byte = bytes[at++];
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    return Number.NaN;
  };
  while (at < bytes.length) {
    const tag = varint();
    const wireType = tag % 8;
    if (wireType === 0) {
      if (Number.isNaN(varint())) return undefined;
      continue;
    }
    const length = wireType === LENGTH_DELIMITED ? varint() : FIXED.get(wireType);
    if (length === undefined || !(at + length <= bytes.length)) return undefined;
    if (tag === NAME_TAG) name = bytes.subarray(at, at + length); // the last one counts
    at += length;
  }
  return Buffer.from(name.buffer, name.byteOffset, name.length).toString();
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

/** Bytes of their own: those of a resource are a part of its response, all of which would stay for it. */
export function ownBytes(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(bytes);
}

/** Stands for bytes that are not kept. */
export function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64');
}
