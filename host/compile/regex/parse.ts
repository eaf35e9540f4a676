// Parser of RE2 syntax (https://github.com/google/re2/wiki/Syntax), Perl classes and flags included. What RE2 refuses is refused
// here, with the position.
import {
  folded,
  MAX_CODE_POINT,
  negated,
  normalized,
  PERL_CLASSES,
  POSIX_CLASSES,
  unicodeClass,
} from './char_class.js';
import {
  LOOK_LINE_END,
  LOOK_LINE_START,
  LOOK_NOT_WORD,
  LOOK_TEXT_END,
  LOOK_TEXT_START,
  LOOK_WORD,
  PatternError,
  type Ranges,
  type Tree,
} from './syntax.js';

const MAX_DEPTH = 1000;
const MAX_REPEAT = 1000;

interface Flags {
  readonly ignoreCase: boolean;
  readonly multiLine: boolean;
  readonly dotAll: boolean;
}

const ESCAPES = new Map([
  ['a', 7],
  ['f', 12],
  ['n', 10],
  ['r', 13],
  ['t', 9],
  ['v', 11],
]);

/** The product of the nested counts: RE2 allows 1,000. */
function repeatProduct(tree: Tree): number {
  if (tree.kind === 'concat' || tree.kind === 'alternate') {
    return tree.items.reduce((most, item) => Math.max(most, products.get(item) ?? 1), 1);
  }
  if (tree.kind !== 'repeat') return 1;
  const count = tree.max === Infinity ? tree.min : tree.max;
  return Math.max(count, 1) * (products.get(tree.item) ?? 1);
}
const products = new WeakMap<Tree, number>();

class Parser {
  private at = 0;
  private flags: Flags = { ignoreCase: false, multiLine: false, dotAll: false };
  private depth = 0;
  private readonly names = new Set<string>();

  constructor(private readonly text: string) {}

  parse(): Tree {
    const tree = this.alternatives();
    if (this.at < this.text.length) throw this.error('unexpected )');
    return tree;
  }

  private error(message: string, at = this.at): PatternError {
    return new PatternError(message, at);
  }

  private looking(text: string): boolean {
    return this.text.startsWith(text, this.at);
  }

  private take(text: string): boolean {
    if (!this.looking(text)) return false;
    this.at += text.length;
    return true;
  }

  private point(): number {
    const c = this.text.codePointAt(this.at);
    if (c === undefined) throw this.error('the pattern ends too early');
    this.at += c > 0xffff ? 2 : 1;
    return c;
  }

  private made(tree: Tree): Tree {
    products.set(tree, repeatProduct(tree));
    return tree;
  }

  private alternatives(): Tree {
    const items = [this.sequence()];
    while (this.take('|')) items.push(this.sequence());
    return items.length === 1 ? items[0] : this.made({ kind: 'alternate', items });
  }

  private sequence(): Tree {
    const items: Tree[] = [];
    let repeated = false; // whether the last thing read was a repetition
    while (this.at < this.text.length && !this.looking('|') && !this.looking(')')) {
      const start = this.at;
      const count = this.repetition();
      if (count === undefined) {
        this.atom(items);
        repeated = false;
        continue;
      }
      if (repeated) throw this.error('bad repetition operator', start);
      const item = items.pop();
      if (item === undefined) throw this.error('missing argument to repetition operator', start);
      const tree = this.made({ kind: 'repeat', item, min: count[0], max: count[1] });
      if ((products.get(tree) ?? 1) > MAX_REPEAT) throw this.error('bad repetition size', start);
      items.push(tree);
      repeated = true;
    }
    return items.length === 1 ? items[0] : this.made({ kind: 'concat', items });
  }

  /** A repetition operator with its bounds; its laziness says nothing about a full match. */
  private repetition(): [number, number] | undefined {
    let bounds: [number, number] | undefined;
    if (this.take('*')) bounds = [0, Infinity];
    else if (this.take('+')) bounds = [1, Infinity];
    else if (this.take('?')) bounds = [0, 1];
    else if (this.looking('{')) bounds = this.count();
    if (bounds !== undefined) this.take('?');
    return bounds;
  }

  /** {n}, {n,} or {n,m}; anything else is a literal brace. */
  private count(): [number, number] | undefined {
    const found = /^\{(\d+)(?:(,)(\d*))?\}/.exec(this.text.slice(this.at, this.at + 64));
    // RE2's integers have no leading zeros and at most nine digits.
    if (found === null || /^\{0\d|,0\d|\d{10}/.test(found[0])) return undefined;
    const min = Number(found[1]);
    const max = found[2] === undefined ? min : found[3] === '' ? Infinity : Number(found[3]);
    if (min > MAX_REPEAT || (max !== Infinity && max > MAX_REPEAT) || max < min) {
      throw this.error('bad repetition size');
    }
    this.at += found[0].length;
    return [min, max];
  }

  private atom(items: Tree[]): void {
    const start = this.at;
    if (this.take('(')) {
      const group = this.group(start);
      if (group !== undefined) items.push(group);
    } else if (this.looking('[')) items.push(this.charClass());
    else if (this.take('.')) items.push(this.any());
    else if (this.take('^')) items.push(this.look(this.flags.multiLine ? LOOK_LINE_START : LOOK_TEXT_START));
    else if (this.take('$')) items.push(this.look(this.flags.multiLine ? LOOK_LINE_END : LOOK_TEXT_END));
    else if (this.looking('\\')) this.escape(items);
    else items.push(this.literal(this.point()));
  }

  private look(look: number): Tree {
    return { kind: 'look', look };
  }

  private any(): Tree {
    return { kind: 'class', ranges: this.flags.dotAll ? [0, MAX_CODE_POINT] : [0, 9, 11, MAX_CODE_POINT] };
  }

  private literal(c: number): Tree {
    return { kind: 'class', ranges: this.flags.ignoreCase ? folded([c, c]) : [c, c] };
  }

  // ---- groups ----

  private group(start: number): Tree | undefined {
    const outer = this.flags;
    if (this.looking('?') && !this.named()) {
      const scoped = this.groupFlags(start);
      if (!scoped) return undefined; // (?i): until the end of the enclosing group
    }
    if (++this.depth > MAX_DEPTH) throw this.error('groups are nested too deep', start);
    const tree = this.alternatives();
    this.depth--;
    if (!this.take(')')) throw this.error('missing )', start);
    this.flags = outer;
    // A group is one item for repetition, whatever it holds.
    return tree;
  }

  private named(): boolean {
    const found = /^\?P?<([^>]*)>/.exec(this.text.slice(this.at));
    if (found === null) return false;
    if (!/^[\p{L}\p{M}\p{N}\p{Pc}]+$/u.test(found[1])) throw this.error('bad name of a group');
    if (this.names.has(found[1])) throw this.error('two groups have the same name');
    this.names.add(found[1]);
    this.at += found[0].length;
    return true;
  }

  /** (?flags) or (?flags:; true for the latter. */
  private groupFlags(start: number): boolean {
    const found = /^\?([imsU]*)(?:-([imsU]+))?([:)])/.exec(this.text.slice(this.at, this.at + 64));
    if (found === null) throw this.error('bad or unsupported group syntax', start);
    this.at += found[0].length;
    const [, on, off = '', end] = found;
    const value = (flag: string, before: boolean): boolean =>
      off.includes(flag) ? false : on.includes(flag) ? true : before;
    this.flags = {
      ignoreCase: value('i', this.flags.ignoreCase),
      multiLine: value('m', this.flags.multiLine),
      dotAll: value('s', this.flags.dotAll),
    };
    return end === ':';
  }

  // ---- escapes ----

  private escape(items: Tree[]): void {
    const next = this.text[this.at + 1];
    if (next === undefined) throw this.error('trailing backslash');
    if (next === 'Q') return this.quoted(items);
    const look = { b: LOOK_WORD, B: LOOK_NOT_WORD, A: LOOK_TEXT_START, z: LOOK_TEXT_END }[next];
    if (look !== undefined) {
      this.at += 2;
      items.push(this.look(look));
    } else if (next === 'C') {
      this.at += 2;
      items.push({ kind: 'byte' });
    } else {
      const ranges = this.classEscape();
      items.push(ranges === undefined ? this.literal(this.pointEscape()) : { kind: 'class', ranges });
    }
    return undefined;
  }

  private quoted(items: Tree[]): void {
    this.at += 2;
    while (this.at < this.text.length && !this.take('\\E')) items.push(this.literal(this.point()));
  }

  /** \d, \w, \s, \p and their complements. */
  private classEscape(): Ranges | undefined {
    const next = this.text[this.at + 1] ?? '';
    const perl = PERL_CLASSES.get(next.toLowerCase());
    if (perl !== undefined) {
      this.at += 2;
      return this.signed(perl, next === next.toUpperCase());
    }
    return next === 'p' || next === 'P' ? this.property(next === 'P') : undefined;
  }

  private property(isNegated: boolean): Ranges {
    const start = this.at;
    const found = /^\\[pP](?:\{(\^?)([^}]*)\}|([^{]))/u.exec(this.text.slice(this.at, this.at + 64));
    if (found === null) throw this.error('bad Unicode class', start);
    this.at += found[0].length;
    const ranges = unicodeClass(found[2] ?? found[3]);
    if (ranges === undefined) throw this.error('unknown Unicode class', start);
    return this.signed(ranges, isNegated !== (found[1] === '^'));
  }

  private signed(ranges: Ranges, isNegated: boolean): Ranges {
    const all = this.flags.ignoreCase ? folded(ranges) : ranges;
    return isNegated ? negated(all) : all;
  }

  private pointEscape(): number {
    const start = this.at;
    const rest = this.text.slice(this.at, this.at + 16);
    const octal = /^\\(0[0-7]{0,2}|[1-7][0-7]{1,2})/.exec(rest);
    if (octal !== null) {
      this.at += octal[0].length;
      return parseInt(octal[1], 8);
    }
    const hex = /^\\x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,8})\})/.exec(rest);
    if (hex !== null) {
      const c = parseInt(hex[1] ?? hex[2], 16);
      if (c > MAX_CODE_POINT) throw this.error('no such code point', start);
      this.at += hex[0].length;
      return c;
    }
    const c = rest[1] ?? '';
    const known = ESCAPES.get(c);
    if (known === undefined && (/[0-9A-Za-z]/.test(c) || c > '\x7f')) throw this.error('bad escape sequence', start);
    this.at += 2;
    return known ?? c.charCodeAt(0);
  }

  // ---- [...] ----

  private charClass(): Tree {
    const start = this.at++;
    const isNegated = this.take('^');
    const ranges: number[] = [];
    let isFirst = true;
    while (isFirst || !this.looking(']')) {
      if (this.at >= this.text.length) throw this.error('missing ]', start);
      isFirst = false;
      if (!this.namedClass(ranges)) this.range(ranges);
    }
    this.at++;
    const all = normalized(ranges);
    return { kind: 'class', ranges: isNegated ? negated(all) : all };
  }

  private namedClass(ranges: number[]): boolean {
    if (this.looking('[:')) {
      const end = this.text.indexOf(':]', this.at + 2);
      if (end >= 0) {
        const name = this.text.slice(this.at + 2, end);
        const found = POSIX_CLASSES.get(name.replace(/^\^/, ''));
        if (found === undefined) throw this.error('unknown class name');
        ranges.push(...this.signed(found, name.startsWith('^')));
        this.at = end + 2;
        return true;
      }
    }
    const escaped = this.looking('\\') ? this.classEscape() : undefined;
    if (escaped !== undefined) for (const c of escaped) ranges.push(c);
    return escaped !== undefined;
  }

  private range(ranges: number[]): void {
    const start = this.at;
    const low = this.classPoint();
    let high = low;
    if (this.looking('-') && this.at + 1 < this.text.length && this.text[this.at + 1] !== ']') {
      this.at++;
      high = this.classPoint();
      if (high < low) throw this.error('bad character class range', start);
    }
    ranges.push(...(this.flags.ignoreCase ? folded([low, high]) : [low, high]));
  }

  private classPoint(): number {
    return this.looking('\\') ? this.pointEscape() : this.point();
  }
}

/** The tree of a pattern. Throws PatternError. */
export function parsePattern(pattern: string): Tree {
  return new Parser(pattern).parse();
}

/** The text with which every match begins. */
export function literalPrefix(tree: Tree): string {
  const items = tree.kind === 'concat' ? tree.items : [tree];
  let prefix = '';
  for (const item of items) {
    if (item.kind === 'look' && item.look === LOOK_TEXT_START && prefix === '') continue;
    if (item.kind !== 'class' || item.ranges.length !== 2 || item.ranges[0] !== item.ranges[1]) break;
    const c = item.ranges[0];
    if (c >= 0xd800 && c <= 0xdfff) break;
    prefix += String.fromCodePoint(c);
  }
  return prefix;
}
