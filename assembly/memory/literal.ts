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
  let digits: u32 = 1;
  for (let v = value; v >= 10; v /= 10) digits++;
  let v = value;
  for (let p = out + digits - 1; p >= out; p--) {
    store<u8>(p, 0x30 + <u8>(v % 10));
    v /= 10;
  }
  return out + digits;
}

/** Copies bytes and returns the address behind them. */
export function putBytes(out: usize, p: usize, n: u32): usize {
  memory.copy(out, p, n);
  return out + n;
}
