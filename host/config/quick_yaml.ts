// The part of YAML that configurations are written in (block and flow collections, plain and quoted scalars of one line, comments;
// all of JSON), thirty times faster than the library. Whatever else it meets, errors among them, it leaves the whole
// document to the library: it never reads a text otherwise than the library does (test/host/config/quick_yaml.test.ts).
import type { DocumentNode, Entry, ListNode, MapNode, ScalarNode } from './document.js';

/** The root, or undefined: the library is to read this text. */
export function parseQuickYaml(text: string): DocumentNode | undefined {
  if (UNUSUAL.test(text)) return undefined;
  try {
    return new QuickParser(text).document();
  } catch (error) {
    if (error === LEAVE) return undefined;
    throw error;
  }
}

/** Tabs and carriage returns, controls, other line breaks, marks of byte order; a document's end, or a second document. */
// eslint-disable-next-line no-control-regex
const UNUSUAL = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]|\n(?:---|\.\.\.)/;

const LEAVE = Symbol('leave it to the library');
const MAX_DEPTH = 90;
const MAX_KEY = 1000;

const LF = 0x0a;
const SPACE = 0x20;
const QUOTE = 0x22;
const HASH = 0x23;
const APOSTROPHE = 0x27;
const COMMA = 0x2c;
const DASH = 0x2d;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_MAP = 0x7b;
const CLOSE_MAP = 0x7d;

/** What no plain scalar begins with here: indicators, of which some could after all, and the end. */
const INDICATORS = new Set([...'?:,[]{}#&*!|>\'"%@`'].map((character) => character.charCodeAt(0)).concat(LF));
/** Escapes that JSON has, too, but for \u. */
const ESCAPES = new Map([...'"\\/bfnrt'].map((letter, i) => [letter.charCodeAt(0), '"\\/\b\f\n\r\t'[i]]));

class QuickParser {
  private at = 0;
  private lineStart = 0;
  private depth = 0;

  constructor(private readonly text: string) {}

  document(): DocumentNode {
    if (this.text.startsWith('---\n')) this.at = this.lineStart = 4;
    else if (/^(?:---|\.\.\.|%)/.test(this.text)) throw LEAVE;
    this.nextLine();
    const root = this.blockNode(-1);
    if (!this.isEnd()) throw LEAVE;
    return root;
  }

  private code(at = this.at): number {
    return at < this.text.length ? this.text.charCodeAt(at) : LF;
  }

  private isEnd(): boolean {
    return this.at >= this.text.length;
  }

  private column(): number {
    return this.at - this.lineStart;
  }

  private enter(): void {
    if (++this.depth > MAX_DEPTH) throw LEAVE;
  }

  /** From the start of a line to the next line with content, and there to its content. */
  private nextLine(): void {
    for (;;) {
      while (this.text.charCodeAt(this.at) === SPACE) this.at++;
      if (this.isEnd()) return;
      const code = this.code();
      if (code === HASH) this.at = this.lineEnd();
      else if (code !== LF) return;
      if (this.isEnd()) return;
      this.lineStart = ++this.at;
    }
  }

  private lineEnd(): number {
    const end = this.text.indexOf('\n', this.at);
    return end < 0 ? this.text.length : end;
  }

  /** Behind a value: only spaces and a comment may follow on its line. Then on to the next line's content. */
  private endLine(): void {
    const before = this.at;
    while (this.text.charCodeAt(this.at) === SPACE) this.at++;
    if (this.code() === HASH && this.at > before) this.at = this.lineEnd();
    if (this.code() !== LF) throw LEAVE;
    if (this.isEnd()) return;
    this.lineStart = ++this.at;
    this.nextLine();
  }

  // === block style ===

  /** The node that begins here, at a column beyond `parent`; afterwards the next line's content has been reached. */
  private blockNode(parent: number): DocumentNode {
    if (this.isEnd() || this.column() <= parent) throw LEAVE;
    if (this.isDash()) return this.blockList();
    const start = this.at;
    const node = this.inlineNode(parent);
    if (node.kind === 'scalar' && this.isKeyEnd()) return this.blockMap(start, ofKey(node));
    this.endValue(parent);
    return node;
  }

  /** Text on the next line at a deeper column would go on with this value, or be an error. */
  private endValue(parent: number): void {
    this.endLine();
    if (!this.isEnd() && this.column() > parent) throw LEAVE;
  }

  private isDash(): boolean {
    return this.code() === DASH && (this.code(this.at + 1) === SPACE || this.code(this.at + 1) === LF);
  }

  private isKeyEnd(): boolean {
    return this.code() === COLON && (this.code(this.at + 1) === SPACE || this.code(this.at + 1) === LF);
  }

  private blockList(): ListNode {
    this.enter();
    const column = this.column();
    const start = this.at;
    const items: DocumentNode[] = [];
    while (!this.isEnd() && this.column() === column && this.isDash()) {
      this.at++;
      this.spacesOrLine();
      items.push(this.blockNode(column));
    }
    if (!this.isEnd() && this.column() > column) throw LEAVE;
    this.depth--;
    return { kind: 'list', start, end: items[items.length - 1].end, items };
  }

  /** To what stands behind an indicator: on the same line, or on a later one. */
  private spacesOrLine(): void {
    const before = this.at;
    while (this.text.charCodeAt(this.at) === SPACE) this.at++;
    const code = this.code();
    if (code !== LF && code !== HASH) return;
    this.at = before;
    this.endLine();
  }

  private blockMap(start: number, firstKey: ScalarNode): MapNode {
    this.enter();
    const column = start - this.lineStart;
    const entries: Entry[] = [];
    for (let key = firstKey; ;) {
      this.at++;
      entries.push({ key, value: this.blockValue(column) });
      if (this.isEnd() || this.column() !== column) break;
      if (this.isDash()) break; // of a list around this map, as the value of a key above
      key = this.blockKey(column);
    }
    if (!this.isEnd() && this.column() > column) throw LEAVE;
    this.depth--;
    return { kind: 'map', start, end: entries[entries.length - 1].value?.end ?? start, entries };
  }

  private blockKey(column: number): ScalarNode {
    const key = this.inlineNode(column);
    if (key.kind !== 'scalar' || !this.isKeyEnd()) throw LEAVE;
    return ofKey(key);
  }

  private blockValue(column: number): DocumentNode {
    const line = this.lineStart;
    this.spacesOrLine();
    // A list may stand at its key's own column.
    if (this.lineStart !== line) return this.blockNode(!this.isEnd() && this.isDash() ? column - 1 : column);
    const value = this.inlineNode(column);
    this.endValue(column);
    return value;
  }

  /** A scalar or a flow collection; stops right behind it. */
  private inlineNode(parent: number): DocumentNode {
    const code = this.code();
    if (code === OPEN_MAP) return this.flowMap(parent);
    if (code === OPEN_LIST) return this.flowList(parent);
    if (code === QUOTE) return this.doubleQuoted();
    if (code === APOSTROPHE) return this.singleQuoted();
    return this.plain(false);
  }

  // === flow style ===

  private flowNode(parent: number): DocumentNode {
    const code = this.code();
    if (code === OPEN_MAP) return this.flowMap(parent);
    if (code === OPEN_LIST) return this.flowList(parent);
    if (code === QUOTE) return this.doubleQuoted();
    if (code === APOSTROPHE) return this.singleQuoted();
    return this.plain(true);
  }

  /** To the next token of a flow collection, whose lines are indented more than the block around it. */
  private flowSpace(parent: number): void {
    for (;;) {
      const before = this.at;
      while (this.text.charCodeAt(this.at) === SPACE) this.at++;
      if (this.isEnd()) throw LEAVE;
      const code = this.code();
      if (code === HASH) {
        if (this.at === before) throw LEAVE;
        this.at = this.lineEnd();
      } else if (code !== LF) return;
      if (this.isEnd()) throw LEAVE;
      this.lineStart = ++this.at;
      this.nextLine();
      if (!this.isEnd() && this.column() <= parent) throw LEAVE;
    }
  }

  private flowMap(parent: number): MapNode {
    this.enter();
    const start = this.at++;
    const entries: Entry[] = [];
    this.flowSpace(parent);
    while (this.code() !== CLOSE_MAP) {
      const key = this.flowKey();
      this.flowSpace(parent);
      entries.push({ key, value: this.flowNode(parent) });
      this.flowComma(parent, CLOSE_MAP);
    }
    this.depth--;
    return { kind: 'map', start, end: ++this.at, entries };
  }

  /** A key and its colon, which may stand close to the value behind a quoted key. */
  private flowKey(): ScalarNode {
    const code = this.code();
    const isQuoted = code === QUOTE || code === APOSTROPHE;
    const key = code === QUOTE ? this.doubleQuoted() : code === APOSTROPHE ? this.singleQuoted() : this.plain(true);
    if (this.code() !== COLON) throw LEAVE;
    this.at++;
    const next = this.code();
    if (!isQuoted && next !== SPACE && next !== LF) throw LEAVE;
    return ofKey(key);
  }

  private flowList(parent: number): ListNode {
    this.enter();
    const start = this.at++;
    const items: DocumentNode[] = [];
    this.flowSpace(parent);
    while (this.code() !== CLOSE_LIST) {
      items.push(this.flowNode(parent));
      this.flowComma(parent, CLOSE_LIST);
    }
    this.depth--;
    return { kind: 'list', start, end: ++this.at, items };
  }

  private flowComma(parent: number, close: number): void {
    this.flowSpace(parent);
    if (this.code() === close) return;
    if (this.code() !== COMMA) throw LEAVE;
    this.at++;
    this.flowSpace(parent);
  }

  // === scalars, all of one line ===

  private plain(isFlow: boolean): ScalarNode {
    const start = this.at;
    const first = this.code();
    if (INDICATORS.has(first) || (first === DASH && !isWordCode(this.code(start + 1)))) throw LEAVE;
    let end = start;
    for (let at = start; ; at++) {
      const code = this.code(at);
      if (code === LF) break;
      if (code === SPACE) continue;
      if (code === HASH && at > end) break;
      if (code === COLON) {
        const next = this.code(at + 1);
        if (next === SPACE || next === LF) break;
        if (isFlow && !isWordCode(next)) throw LEAVE;
      }
      if (isFlow && isFlowIndicator(code)) break;
      end = at + 1;
    }
    this.at = end;
    return { kind: 'scalar', start, end, text: this.text.slice(start, end), isPlain: true };
  }

  private singleQuoted(): ScalarNode {
    const start = this.at;
    let at = start + 1;
    for (; ; at++) {
      const code = this.code(at);
      if (code === LF) throw LEAVE;
      if (code !== APOSTROPHE) continue;
      if (this.code(at + 1) !== APOSTROPHE) break;
      at++;
    }
    this.at = at + 1;
    const text = this.text.slice(start + 1, at).replaceAll("''", "'");
    return { kind: 'scalar', start, end: this.at, text, isPlain: false };
  }

  private doubleQuoted(): ScalarNode {
    const start = this.at;
    let text = '';
    let from = start + 1;
    let at = from;
    for (; ; at++) {
      const code = this.code(at);
      if (code === LF) throw LEAVE;
      if (code === QUOTE) break;
      if (code !== BACKSLASH) continue;
      text += this.text.slice(from, at) + this.escaped(at + 1);
      if (this.code(at + 1) === 0x75) at += 4;
      from = ++at + 1;
    }
    this.at = at + 1;
    text = from === start + 1 ? this.text.slice(from, at) : text + this.text.slice(from, at);
    return { kind: 'scalar', start, end: this.at, text, isPlain: false };
  }

  private escaped(at: number): string {
    const plain = ESCAPES.get(this.code(at));
    if (plain !== undefined) return plain;
    const hex = /^u([0-9a-fA-F]{4})/.exec(this.text.slice(at, at + 5))?.[1];
    // Half of a surrogate pair is for the library to judge.
    if (hex === undefined || /^d[89a-f]/i.test(hex)) throw LEAVE;
    return String.fromCharCode(Number.parseInt(hex, 16));
  }
}

/** A key that the text does not announce ends within 1024 characters. */
function ofKey(key: ScalarNode): ScalarNode {
  if (key.end - key.start > MAX_KEY) throw LEAVE;
  return key;
}

function isWordCode(code: number): boolean {
  return code !== SPACE && code !== LF && !isFlowIndicator(code);
}

function isFlowIndicator(code: number): boolean {
  return code === COMMA || code === OPEN_LIST || code === CLOSE_LIST || code === OPEN_MAP || code === CLOSE_MAP;
}
