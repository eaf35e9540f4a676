// Ranges of code points as sequences of byte ranges.

/** [low, high] for each byte. */
export type ByteSequence = readonly (readonly [number, number])[];

const CONTINUATION: readonly [number, number] = [0x80, 0xbf];

// All of 0x80-0x10ffff as RE2 takes it: over-long forms of three and four bytes included.
const BEYOND_ASCII: readonly ByteSequence[] = [
  [[0xc2, 0xdf], CONTINUATION],
  [[0xe0, 0xef], CONTINUATION, CONTINUATION],
  [[0xf0, 0xf4], CONTINUATION, CONTINUATION, CONTINUATION],
];

function encode(c: number): number[] {
  if (c < 0x80) return [c];
  if (c < 0x800) return [0xc0 | (c >> 6), 0x80 | (c & 0x3f)];
  if (c < 0x10000) return [0xe0 | (c >> 12), 0x80 | ((c >> 6) & 0x3f), 0x80 | (c & 0x3f)];
  return [0xf0 | (c >> 18), 0x80 | ((c >> 12) & 0x3f), 0x80 | ((c >> 6) & 0x3f), 0x80 | (c & 0x3f)];
}

/** The byte sequences of the code points low … high. */
export function byteSequences(low: number, high: number): ByteSequence[] {
  for (const last of [0x7f, 0x7ff, 0xffff]) {
    if (low === 0x80 && high === 0x10ffff) return [...BEYOND_ASCII];
    if (low <= last && high > last) return [...byteSequences(low, last), ...byteSequences(last + 1, high)];
  }
  const bytes = encode(low).length;
  for (let i = 1; i < bytes; i++) {
    const mask = (1 << (6 * i)) - 1;
    if ((low & ~mask) === (high & ~mask)) continue;
    if ((low & mask) !== 0) return [...byteSequences(low, low | mask), ...byteSequences((low | mask) + 1, high)];
    if ((high & mask) !== mask) {
      return [...byteSequences(low, (high & ~mask) - 1), ...byteSequences(high & ~mask, high)];
    }
  }
  const first = encode(low);
  const last = encode(high);
  return [first.map((b, i) => [b, last[i]] as const)];
}
