import { badRequest, jsonAnswer, OK, type AdminHandler } from './handler.js';

/** Every key with what each layer says of it; keys in their order. */
export const runtime: AdminHandler = {
  path: '/runtime',
  help: 'print runtime values',
  handle(context) {
    const layers = context.runtime.layers();
    const keys = [...new Set(layers.flatMap(({ values }) => [...values.keys()]))].toSorted();
    const entries = keys.map((key) => {
      const layer_values = layers.map(({ values }) => values.get(key)?.raw ?? '');
      const final_value = layer_values.findLast((value) => value !== '') ?? '';
      return [key, { final_value, layer_values }] as const;
    });
    return jsonAnswer({ layers: layers.map(({ name }) => name), entries: Object.fromEntries(entries) });
  },
};

const USAGE =
  'usage: /runtime_modify?key1=value1&key2=value2&keyN=valueN\n' +
  '       or send the parameters as form values\n' +
  'use an empty value to remove a previously added override';

export const runtimeModify: AdminHandler = {
  path: '/runtime_modify',
  help:
    'Adds or modifies runtime values as passed in query parameters. To delete a previously added key, use an empty string as the value. ' +
    'Note that deletion only applies to overrides added via this endpoint; values loaded from disk can be modified via override but not deleted. ' +
    'E.g. ?key1=value1&key2=value2...',
  mutates: true,
  takesForm: true,
  handle(context, query) {
    const values = new Map<string, string>();
    for (const [key, value] of query) if (!values.has(key)) values.set(key, value);
    if (values.size === 0) return badRequest(USAGE);
    const problem = context.runtime.modify(values);
    return problem === undefined ? OK : { status: 503, body: problem };
  },
};
