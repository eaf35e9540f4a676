// x-request-id: a random UUID (RFC 9562 version 4) as Envoy's UuidRequestIdConfig makes it. Without tracing, its digit that
// carries the trace decision stays '4'.
import { scratch, random64 } from '../memory/worker_block';

export const UUID_LENGTH: u32 = 36;

/** Writes a new UUID as text; `out` has UUID_LENGTH bytes. */
export function putUuid(out: usize): void {
  // Bytes 6 and 8 carry version and variant.
  const high = (random64() & 0xff0fffffffffffff) | 0x0040000000000000;
  const low = (random64() & 0xffffffffffffff3f) | 0x0000000000000080;
  const bytes = i64x2.replace_lane(i64x2.splat(high), 1, low);
  const mask = i8x16.splat(15);
  const upper = v128.and(i16x8.shr_u(bytes, 4), mask);
  const lower = v128.and(bytes, mask);
  const digits = i8x16(0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66);
  const a = v128.swizzle(digits, i8x16.shuffle(upper, lower, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23));
  const b = v128.swizzle(
    digits,
    i8x16.shuffle(upper, lower, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31),
  );
  v128.store64_lane(out, a, 0);
  store<u8>(out, 0x2d, 8);
  v128.store32_lane(out + 9, a, 2);
  store<u8>(out, 0x2d, 13);
  v128.store32_lane(out + 14, a, 3);
  store<u8>(out, 0x2d, 18);
  v128.store32_lane(out + 19, b, 0);
  store<u8>(out, 0x2d, 23);
  v128.store32_lane(out + 24, b, 1);
  v128.store64_lane(out + 28, b, 1);
}

/** A new UUID in the scratch area, 0 when that is full. */
export function newUuid(): usize {
  const p = scratch(UUID_LENGTH);
  if (p) putUuid(p);
  return p;
}
