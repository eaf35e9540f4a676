// Templates of the operator's own: eta (JavaScript between <% and %>) that makes YAML of a Pod, laid over the Pod. What <%= %>
// puts in is always JSON, which YAML reads as one value: a text cannot end its line, its quotes or its map.
import { Eta } from 'eta';
import { Lexer, parseDocument, Parser } from 'yaml';
import { isYamlTooDeep } from '../config/yaml_depth.js';
import { cloneJson, isFields, isTooDeep, own } from './pod.js';
import type { Fields, Pod } from './pod.js';
import type { TemplateInput } from './template.js';
import type { InjectorValues } from './values.js';

export class TemplateError extends Error {}

type Compiled = ReturnType<Eta['compile']>;

const ETA = new Eta({
  autoTrim: false,
  cache: false,
  escapeFunction: asJson as (value: unknown) => string,
  autoEscape: true,
});

const COMPILED = new WeakMap<InjectorValues, Map<string, Compiled>>();

/** JSON of a value, without the characters that YAML does not print. */
function asJson(value: unknown): string {
  const json = JSON.stringify(value ?? null) ?? 'null';
  return json.replace(
    /[\u007f-\u009f\u2028\u2029\ufeff]/g,
    (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** What is wrong with the text of a template, or undefined. */
export function templateProblem(text: string): string | undefined {
  if (/<%[-_]?\s*~/.test(text)) return 'it has <%~ %>, which would put text in as it is; <%= %> puts it in as JSON';
  try {
    ETA.compile(text);
    return undefined;
  } catch (error) {
    return `it does not compile: ${firstLine(error)}`;
  }
}

/** The Pod that a template makes. Throws a TemplateError that names the template. */
export function userTemplate(name: string, input: TemplateInput, sidecar: () => Pod): Pod {
  const text = input.values.templates.get(name) as string;
  try {
    return parsed(ETA.render(compiled(name, text, input.values), dataOf(input, sidecar)));
  } catch (error) {
    throw new TemplateError(`The template ${name} failed: ${firstLine(error)}`);
  }
}

function compiled(name: string, text: string, values: InjectorValues): Compiled {
  const all = COMPILED.get(values) ?? new Map<string, Compiled>();
  COMPILED.set(values, all);
  const known = all.get(name) ?? ETA.compile(text);
  all.set(name, known);
  return known;
}

/** `it` of a template: copies, so that a template cannot change what the next one sees. */
function dataOf({ pod, namespace, workload, settings, values }: TemplateInput, sidecar: () => Pod): object {
  const annotations = pod.metadata?.annotations;
  return {
    pod: cloneJson(pod),
    namespace,
    workload,
    settings: cloneJson(settings),
    values: cloneJson(values.templateValues),
    get sidecar(): Pod {
      return cloneJson(sidecar());
    },
    annotation: (name: string, otherwise?: unknown): unknown => own(annotations, name) ?? otherwise,
  };
}

const MAX_LEVELS = 60;

function parsed(yaml: string): Pod {
  if (isYamlTooDeep({ Lexer, Parser }, yaml)) throw new Error('it makes YAML that is nested too deeply');
  const document = parseDocument(yaml, { prettyErrors: false, logLevel: 'silent' });
  if (document.errors.length > 0) throw new Error(`it makes no YAML: ${document.errors[0].message}`);
  const value: unknown = document.contents === null ? {} : document.toJS({ maxAliasCount: 0 });
  if (!isFields(value) || isTooDeep(value, MAX_LEVELS)) throw new Error('it makes no map');
  const unknown = Object.keys(value).find((field) => field !== 'metadata' && field !== 'spec');
  if (unknown !== undefined)
    throw new Error(`it makes the field ${JSON.stringify(unknown)}; there are metadata and spec`);
  return { metadata: part(value, 'metadata'), spec: part(value, 'spec') } as Pod;
}

function part(value: Fields, name: string): Fields {
  const fields = value[name] ?? {};
  if (!isFields(fields)) throw new Error(`its ${name} is no map`);
  return fields;
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0].slice(0, 300);
}
