// Given to node by `--import`: puts crashing_worker.js in the place of the data plane's worker module.
import { register } from 'node:module';

const hook = `
const original = ${JSON.stringify(new URL('../../dist/host/data/worker.js', import.meta.url).href)};
const crashing = ${JSON.stringify(new URL('../../dist/bench/torture/crashing_worker.js', import.meta.url).href)};
export async function resolve(specifier, context, next) {
  const found = await next(specifier, context);
  return found.url === original ? { ...found, url: crashing } : found;
}`;

register(`data:text/javascript,${encodeURIComponent(hook)}`);
