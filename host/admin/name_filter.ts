// `?filter=`: a regular expression on names, found anywhere in them. The admin listener shares its thread with the whole control side, so a
// pattern that could run for long is refused: quantifiers over quantifiers, back references, look-around, many stars.

export type NameFilter = (name: string) => boolean;

const MAX_LENGTH = 512;
/** With two, a match takes at most the cube of a name's length. */
const MAX_STARS = 2;

/** The filter, or the sentence that says why it is refused. */
export function nameFilter(pattern: string | null): NameFilter | string {
  if (pattern === null || pattern === '') return () => true;
  if (pattern.length > MAX_LENGTH) return `the filter is longer than ${MAX_LENGTH} characters`;
  const problem = quantifierProblem(pattern);
  if (problem !== undefined) return problem;
  try {
    const regex = new RegExp(pattern);
    return (name) => regex.test(name);
  } catch (error) {
    return (error as Error).message;
  }
}

// Walks over the pattern with a stack of open groups, each knowing whether it holds a quantifier.
function quantifierProblem(pattern: string): string | undefined {
  const groups = [false];
  let stars = 0;
  let closed: boolean | undefined; // the group that has just ended held a quantifier
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i];
    const justClosed = closed;
    closed = undefined;
    if (c === '\\') {
      if (/[1-9k]/.test(pattern[i + 1] ?? '')) return 'the filter may not have back references';
      i++;
    } else if (c === '[') {
      i = classEnd(pattern, i);
    } else if (c === '(') {
      if (/^\(\?(?!:)/.test(pattern.slice(i))) return 'the filter may have no look-around, flags or named groups';
      groups.push(false);
      if (pattern[i + 1] === '?') i += 2;
    } else if (c === ')') {
      closed = groups.pop() ?? false;
      if (closed && groups.length > 0) groups[groups.length - 1] = true;
    } else if (c === '*' || c === '+' || c === '{' || c === '?') {
      if (justClosed) return 'the filter may not repeat what repeats';
      if (c === '?') continue;
      groups[groups.length - 1] = true;
      if (++stars > MAX_STARS) return `the filter may have at most ${MAX_STARS} of *, + and {}`;
    }
  }
  return undefined;
}

function classEnd(pattern: string, start: number): number {
  for (let i = start + 1; i < pattern.length; i++) {
    if (pattern[i] === '\\') i++;
    else if (pattern[i] === ']' && i > start + 1) return i;
  }
  return pattern.length;
}
