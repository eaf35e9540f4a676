// ROUTE_DIR: which index a named route configuration has, and what is published there. An index stays with its name.
import { MAX_ROUTE_CONFIGS, ROUTE_DIR } from '../../assembly/abi.js';
import type { Core } from '../core/load.js';

export class RouteDirectory {
  private readonly indices = new Map<string, number>();
  private readonly free: number[] = [];
  private next = 0;

  constructor(private readonly core: Core) {}

  /** The index of `name`, a new one at the first call. Throws a RangeError when all are taken. */
  indexOf(name: string): number {
    const known = this.indices.get(name);
    if (known !== undefined) return known;
    const index = this.free.pop() ?? this.next++;
    if (index >= MAX_ROUTE_CONFIGS) throw new RangeError(`weft has room for ${MAX_ROUTE_CONFIGS} route configurations`);
    this.indices.set(name, index);
    return index;
  }

  /** Puts a RouteConfig object in the place of the one before it, which is freed when nobody reads it any more. */
  publish(name: string, object: number): void {
    this.core.exports.publish(ROUTE_DIR + this.indexOf(name) * 4, object);
  }

  /** Takes a route configuration away; requests that come are answered with 404. */
  remove(name: string): void {
    const index = this.indices.get(name);
    if (index === undefined) return;
    this.core.exports.publish(ROUTE_DIR + index * 4, 0);
    this.indices.delete(name);
    this.free.push(index);
  }
}
