// String literals as bytes. A literal is constant UTF-16 data in the module; only ASCII ones are used here.

export function literalLength(text: string): u32 {
  return load<u32>(changetype<usize>(text) - 4) >> 1;
}

/** Writes an ASCII literal as bytes and returns the address behind it. Up to 7 bytes behind it are overwritten. */
export function putLiteral(out: usize, text: string): usize {
  const n = literalLength(text);
  let from = changetype<usize>(text);
  let to = out;
  const end = out + n;
  while (to < end) {
    // Past its end a literal is followed by other constants, so reading on is harmless.
    const units = v128.load(from);
    v128.store64_lane(to, i8x16.narrow_i16x8_u(units, units), 0);
    from += 16;
    to += 8;
  }
  return end;
}

/** Writes a decimal number and returns the address behind it. */
export function putDecimal(out: usize, value: u64): usize {
  if (value < 10) {
    store<u8>(out, 0x30 + <u8>value);
    return out + 1;
  }
  // Divisions of 32 bits by a constant are multiplications; those of 64 bits are not.
  let high = value;
  let tail: usize = 0;
  while (high > 0xffffffff) {
    high /= 10;
    tail++;
  }
  const end = out + decimalDigits(<u32>high) + tail;
  let p = end;
  for (let v = value; tail; tail--) {
    store<u8>(--p, 0x30 + <u8>(v % 10));
    v /= 10;
  }
  let v = <u32>high;
  do {
    store<u8>(--p, 0x30 + (v % 10));
    v /= 10;
  } while (p > out);
  return end;
}

function decimalDigits(v: u32): u32 {
  if (v < 10000) return v < 100 ? (v < 10 ? 1 : 2) : v < 1000 ? 3 : 4;
  if (v < 100000000) return v < 1000000 ? (v < 100000 ? 5 : 6) : v < 10000000 ? 7 : 8;
  return v < 1000000000 ? 9 : 10;
}

/** Copies bytes and returns the address behind them. */
export function putBytes(out: usize, p: usize, n: u32): usize {
  memory.copy(out, p, n);
  return out + n;
}
