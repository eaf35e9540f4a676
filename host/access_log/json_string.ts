// JSON strings of bytes that anybody may have sent: always valid JSON, always one line.
import { isUtf8 } from './utf8.js';

// eslint-disable-next-line no-control-regex
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;
// eslint-disable-next-line no-control-regex
const ESCAPED = /[\x00-\x1f"\\]/g;
// eslint-disable-next-line no-control-regex
const ESCAPED_BYTES = /[\x00-\x1f"\\\x7f-\xff]/g;

const SHORT: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

/**
 * `bytes` (a binary string) as a JSON string with its quotes. Well-formed UTF-8 stays; in anything else each byte that is not printable
 * ASCII becomes \u00XX, as Envoy writes it.
 */
export function jsonString(bytes: string): string {
  if (PLAIN.test(bytes)) return `"${bytes}"`;
  if (isUtf8(bytes)) return `"${bytes.replace(ESCAPED, (c) => SHORT.get(c) ?? hex(c))}"`;
  return `"${bytes.replace(ESCAPED_BYTES, hex)}"`;
}

function hex(c: string): string {
  return `\\u00${c.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
