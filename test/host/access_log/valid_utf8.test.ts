import { expect, test } from 'vitest';
import { validUtf8 } from '../../../host/access_log/valid_utf8.js';

const binary = (...bytes: number[]): string => Buffer.from(bytes).toString('latin1');

test.each([
  ['ASCII', 'abc', 'abc'],
  ['two, three and four bytes', Buffer.from('é€𝄞').toString('latin1'), 'é€𝄞'],
  ['a byte that begins nothing', binary(0x61, 0xff, 0x62), 'a!b'],
  ['a character cut short', binary(0xe2, 0x82, 0x78), '!!x'],
  ['one cut off at the end', binary(0xc3, 0xa9, 0xc3), 'é!'],
  ['overlong forms', binary(0xc0, 0xaf, 0xe0, 0x80, 0xaf, 0xf0, 0x80, 0x80, 0xaf), '!!!!!!!!!'],
  ['surrogates', binary(0xed, 0xa0, 0x80), '!!!'],
  ['what lies above Unicode', binary(0xf4, 0x90, 0x80, 0x80), '!!!!'],
])('%s', (_, text, valid) => expect(validUtf8(text)).toBe(valid));

test('every character of two to four bytes is left as it is', () => {
  for (let point = 0x80; point < 0x110000; point += 0x11) {
    if (point >= 0xd800 && point < 0xe000) continue;
    const text = String.fromCodePoint(point);
    expect(validUtf8(Buffer.from(text).toString('latin1'))).toBe(text);
  }
});
