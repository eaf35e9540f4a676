// Whether a resource has come before, byte for byte: what is known need not be decoded and checked again.
import { createHash } from 'node:crypto';

const NAME_TAG = 0x0a; // field 1, length-delimited: every kind has its name there

/**
 * The name of an encoded resource where it stands at its front, as encoders write it; else ''. A guess for looking bytes up: a later
 * field 1 would be the name that counts.
 */
export function leadingName(bytes: Uint8Array): string {
  if (bytes[0] !== NAME_TAG) return '';
  let [length, shift, at] = [0, 0, 1];
  for (; shift < 28; shift += 7) {
    const byte = bytes[at++];
    length |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  if (at + length > bytes.length) return '';
  return Buffer.from(bytes.buffer, bytes.byteOffset + at, length).toString();
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
