// Preloaded by a test into weft (`--import`): writes the path of every module that is loaded from node_modules to the file that
// WEFT_TEST_LOADED names, of every thread, of both module systems.
import { appendFileSync } from 'node:fs';
import Module, { register } from 'node:module';

const hooks = `
  import { appendFileSync } from 'node:fs';
  export async function load(url, context, next) {
    if (url.includes('/node_modules/')) appendFileSync(process.env.WEFT_TEST_LOADED, url + '\\n');
    return next(url, context);
  }`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);

const { _load: load } = Module;
Module._load = function loadAndTell(request, parent, isMain) {
  const path = Module._resolveFilename(request, parent, isMain);
  if (path.includes('/node_modules/')) appendFileSync(process.env.WEFT_TEST_LOADED, `${path}\n`);
  return load.call(this, request, parent, isMain);
};
