// Simple case folding (Unicode CaseFolding.txt, C and S), as RE2 folds: asked of JavaScript's own `iu` matching, once.

let variants: Map<number, number[]> | undefined;
let points: number[] = [];

function single(text: string): number | undefined {
  const point = text.codePointAt(0);
  return point !== undefined && String.fromCodePoint(point).length === text.length ? point : undefined;
}

function isSameLetter(a: number, b: number): boolean {
  return new RegExp(`^\\u{${a.toString(16)}}$`, 'iu').test(String.fromCodePoint(b));
}

// Letters that map to each other stand in one group; groups are then narrowed to what really folds alike.
function groups(): Map<number, Set<number>> {
  const byRoot = new Map<number, Set<number>>();
  for (let c = 0; c <= 0x1ffff; c++) {
    const text = String.fromCodePoint(c);
    const upper = text.toUpperCase();
    const lower = text.toLowerCase();
    if (upper === text && lower === text) continue;
    for (const key of new Set([single(lower), single(upper), single(upper.toLowerCase())])) {
      if (key === undefined) continue;
      const group = byRoot.get(key) ?? new Set([key]);
      byRoot.set(key, group.add(c));
    }
  }
  return byRoot;
}

function build(): Map<number, number[]> {
  const near = new Map<number, Set<number>>();
  for (const group of groups().values()) {
    for (const c of group) {
      const all = near.get(c) ?? new Set<number>();
      for (const other of group) all.add(other);
      near.set(c, all);
    }
  }
  const out = new Map<number, number[]>();
  for (const [c, others] of near) {
    const same = [...others].filter((o) => o !== c && isSameLetter(c, o));
    if (same.length > 0) out.set(c, same);
  }
  points = [...out.keys()].toSorted((a, b) => a - b);
  return out;
}

/** Code points that have another case, sorted. */
export function foldablePoints(): readonly number[] {
  variants ??= build();
  return points;
}

/** The other code points that fold like `c`. */
export function caseVariants(c: number): readonly number[] {
  variants ??= build();
  return variants.get(c) ?? [];
}
