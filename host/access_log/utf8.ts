// Log values are binary strings: one character for each byte. What comes from configuration is text and becomes bytes here.

/** UTF-8 of `text`, as a binary string. */
export function toBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Whether the bytes of a binary string are well-formed UTF-8. */
export function isUtf8(bytes: string): boolean {
  try {
    decoder.decode(Buffer.from(bytes, 'latin1'));
    return true;
  } catch {
    return false;
  }
}
