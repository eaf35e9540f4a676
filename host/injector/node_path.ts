// From the path of a problem in a Pod back to the node it was read from.
import { isAlias, isCollection, isMap, isScalar, isSeq } from 'yaml';
import type { Node } from 'yaml';

/** The node of a path such as `metadata.annotations["x"]` or `spec.containers[name=app].ports[0]`, or the nearest around it. */
export function nodeAt(start: unknown, path: string): Node | undefined {
  let node = start as Node | undefined;
  for (const [, field, quoted, key, value, index] of path.matchAll(
    /([A-Za-z_]\w*)(?=[.[\]]|$)(?![^[]*=)|\[("(?:[^"\\]|\\.)*")\]|\[(\w+)=([^\]]*)\]|\[(\d+)\]/g,
  )) {
    const next = stepInto(
      node,
      field ?? (quoted === undefined ? undefined : (JSON.parse(quoted) as string)),
      key,
      value,
      index,
    );
    if (next === undefined) break;
    node = next;
  }
  return isCollection(node) || isScalar(node) || isAlias(node) ? node : undefined;
}

function stepInto(node: unknown, field?: string, key?: string, value?: string, index?: string): Node | undefined {
  if (field !== undefined) return isMap(node) ? (node.get(field, true) as Node | undefined) : undefined;
  if (!isSeq(node)) return undefined;
  if (index !== undefined) return node.items[Number(index)] as Node | undefined;
  return node.items.find((item) => isMap(item) && String(item.get(key)) === value) as Node | undefined;
}
