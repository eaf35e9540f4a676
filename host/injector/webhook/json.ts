// JSON as it comes from outside: nothing is known of it until it is asked.
export { isObject } from '../../agent/json_value.js';

export type JsonObject = Record<string, unknown>;
