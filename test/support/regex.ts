// Compiles patterns into a test core and matches bytes, by the DFA or by simulating the NFA.
import { W_RX } from '../../assembly/abi.js';
import { compilePattern, putRegex, type CompiledPattern } from '../../host/compile/regex/compile.js';
import { testCore, type TestCore } from './core.js';

export class RegexTester {
  constructor(readonly t: TestCore = testCore()) {}

  /** A matcher of whole texts; `free` gives its memory back. */
  compile(pattern: string, kind: 'as compiled' | 'nfa' = 'as compiled'): RegexMatcher {
    const compiled = compilePattern(pattern);
    const object = this.t.control.exports.objectNew(16);
    const placed = kind === 'nfa' ? { ...compiled, dfa: undefined } : compiled;
    return new RegexMatcher(this.t, object, putRegex(this.t.control, object, placed), compiled);
  }
}

export class RegexMatcher {
  constructor(
    private readonly t: TestCore,
    private readonly object: number,
    private readonly regex: number,
    readonly compiled: CompiledPattern,
  ) {}

  matches(text: string | Uint8Array): boolean {
    const p = this.t.W + W_RX;
    const bytes = typeof text === 'string' ? Buffer.from(text, 'utf8') : text;
    this.t.worker.u8.set(bytes, p);
    return !!this.t.worker.exports.regexMatch(this.regex, p, bytes.length);
  }

  free(): void {
    this.t.control.exports.objectFree(this.object);
  }
}
