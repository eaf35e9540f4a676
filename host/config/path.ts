// JSON paths: `a.b[2].c["a key"]`.

export type PathStep = string | number;

const PLAIN = /^[A-Za-z_@][A-Za-z0-9_@-]*$/;

export function fieldPath(base: string, name: string): string {
  if (!PLAIN.test(name)) return keyPath(base, name);
  return base === '' ? name : `${base}.${name}`;
}

export function indexPath(base: string, index: number): string {
  return `${base}[${index}]`;
}

/** The path of a map's entry. */
export function keyPath(base: string, key: string): string {
  return `${base}[${JSON.stringify(key)}]`;
}

/** Joins a path relative to a message with the path of the message. */
export function joinPath(base: string, relative: string): string {
  if (base === '' || relative === '') return base + relative;
  return relative.startsWith('[') ? base + relative : `${base}.${relative}`;
}

const STEP = /\.?([A-Za-z_@][A-Za-z0-9_@-]*)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/gy;

/** The steps of a path; what cannot be read ends it. */
export function parsePath(path: string): PathStep[] {
  const steps: PathStep[] = [];
  for (const [, name, index, key] of path.matchAll(STEP)) {
    if (name !== undefined) steps.push(name);
    else if (index !== undefined) steps.push(Number(index));
    else steps.push(JSON.parse(key) as string);
  }
  return steps;
}
