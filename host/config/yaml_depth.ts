// How deep a YAML text is nested, before the library makes nodes of it: that calls itself for each level, and a stack that runs out
// inside of V8's compiler of regular expressions ends the process instead of throwing. Lexer and parser do not call themselves.

/** Deeper than anybody writes, and far from the end of the stack. */
const MAX_LEVELS = 400;

/** `yaml` is given, so that whoever loads the library late still does. */
export function isYamlTooDeep(yaml: Pick<typeof import('yaml'), 'Lexer' | 'Parser'>, text: string): boolean {
  const parser = new yaml.Parser();
  for (const lexeme of new yaml.Lexer().lex(text)) {
    for (const _token of parser.next(lexeme)) continue;
    if (parser.stack.length > MAX_LEVELS) return true;
  }
  return false;
}
