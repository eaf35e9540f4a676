// The HeaderMap that host filters see, over a copied Head in linear memory (assembly/http1/head.ts).
import {
  HEAD_AT_AUTHORITY,
  HEAD_AT_AUTHORITY_LENGTH,
  HEAD_AT_COUNT,
  HEAD_AT_ENTRIES,
  HEAD_AT_METHOD,
  HEAD_AT_METHOD_LENGTH,
  HEAD_AT_PATH,
  HEAD_AT_PATH_LENGTH,
  HEAD_AT_STATUS,
  HEADER_ENTRY_SIZE,
} from '../../assembly/abi.js';
import type { Core } from '../core/load.js';
import type { HeaderMap } from '../filter/http/filter.js';

const ENTRY_REMOVED = 2; // HeaderEntry.flags
const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/; // a lower-case token (RFC 9110 5.6.2)
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/; // no control character may leave in a head

const PSEUDO = new Map<string, readonly [address: number, length: number]>([
  [':method', [HEAD_AT_METHOD, HEAD_AT_METHOD_LENGTH]],
  [':path', [HEAD_AT_PATH, HEAD_AT_PATH_LENGTH]],
  [':authority', [HEAD_AT_AUTHORITY, HEAD_AT_AUTHORITY_LENGTH]],
]);

export class CoreHeaders implements HeaderMap {
  /** `head`: address of the Head. `room(n)`: n bytes that live as long as it, 0 = none left. */
  constructor(
    private readonly core: Core,
    private readonly head: number,
    private readonly room: (bytes: number) => number,
    private readonly alive: () => boolean,
    private readonly isRequest: boolean,
  ) {}

  get(name: string): string | undefined {
    if (!this.alive()) return undefined;
    if (name.startsWith(':')) return this.pseudo(name);
    let found: string | undefined;
    for (const [each, value] of this.regular()) {
      if (each === name) found = found === undefined ? value : `${found},${value}`;
    }
    return found;
  }

  set(name: string, value: string): void {
    if (!this.alive()) return;
    if (name.startsWith(':')) return this.setPseudo(name, value);
    this.put(name, value, (id, at, n, valueAt, m) => this.core.exports.headerSet(this.head, id, at, n, valueAt, m));
  }

  add(name: string, value: string): void {
    if (!this.alive()) return;
    this.put(name, value, (id, at, n, valueAt, m) => this.core.exports.headerAdd(this.head, id, at, n, valueAt, m));
  }

  remove(name: string): void {
    if (!this.alive()) return;
    const [at, length] = this.text(checkedName(name));
    this.core.exports.headerRemoveName(this.head, this.core.exports.headerNameId(at, length), at, length);
  }

  *entries(): Iterable<[string, string]> {
    if (!this.alive()) return;
    for (const name of this.isRequest ? PSEUDO.keys() : [':status']) {
      const value = this.pseudo(name);
      if (value !== undefined) yield [name, value];
    }
    yield* this.regular();
  }

  private *regular(): Iterable<[string, string]> {
    const { u32, view, u8 } = this.core;
    const count = view.getUint16(this.head + HEAD_AT_COUNT, true);
    for (let i = 0; i < count; i++) {
      const e = this.head + HEAD_AT_ENTRIES + i * HEADER_ENTRY_SIZE;
      if ((u8[e + 15] & ENTRY_REMOVED) !== 0) continue;
      yield [this.read(u32[e >> 2], view.getUint16(e + 12, true)), this.read(u32[(e >> 2) + 1], u32[(e >> 2) + 2])];
    }
  }

  private pseudo(name: string): string | undefined {
    if (name === ':status') {
      return this.isRequest ? undefined : String(this.core.view.getUint16(this.head + HEAD_AT_STATUS, true));
    }
    const fields = this.isRequest ? PSEUDO.get(name) : undefined;
    if (!fields) return undefined;
    return this.read(this.core.u32[(this.head + fields[0]) >> 2], this.core.u32[(this.head + fields[1]) >> 2]);
  }

  private setPseudo(name: string, value: string): void {
    const fields = this.isRequest && name !== ':method' ? PSEUDO.get(name) : undefined;
    if (!fields) throw new RangeError(`a filter cannot set ${name} here`);
    if (!/^[\x21-\x7e\x80-\xff]+$/.test(value))
      throw new RangeError(`${name}: ${JSON.stringify(value)} cannot stand there`);
    const [at, length] = this.text(value);
    this.core.u32[(this.head + fields[0]) >> 2] = at;
    this.core.u32[(this.head + fields[1]) >> 2] = length;
  }

  private put(
    name: string,
    value: string,
    act: (id: number, name: number, nameLength: number, value: number, valueLength: number) => number,
  ): void {
    checkedValue(name, value);
    const [at, length] = this.text(checkedName(name));
    const [valueAt, valueLength] = this.text(value);
    const id = this.core.exports.headerNameId(at, length);
    if (act(id, at, length, valueAt, valueLength) === 0)
      throw new RangeError('the head has no place for another header');
  }

  private read(address: number, length: number): string {
    return Buffer.from(this.core.u8.subarray(address, address + length)).toString('latin1');
  }

  private text(text: string): [address: number, length: number] {
    const bytes = Buffer.from(text, 'latin1');
    const at = this.room(bytes.length);
    if (at === 0) throw new RangeError('the filters of this stream have used up the room for header values');
    this.core.u8.set(bytes, at);
    return [at, bytes.length];
  }
}

export function checkedName(name: string): string {
  if (!NAME.test(name)) throw new RangeError(`${JSON.stringify(name)} is no lower-case header name`);
  return name;
}

export function checkedValue(name: string, value: string): void {
  if (!VALUE.test(value)) throw new RangeError(`${name}: ${JSON.stringify(value)} has a character no header may have`);
}
