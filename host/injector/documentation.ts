// The parts of docs/injection.md that are made of the tables in the code. A test holds the page to them.
import { stringify } from 'yaml';
import { ANNOTATIONS } from './annotations.js';
import { DEFAULT_VALUES } from './values.js';

export function annotationTable(): string {
  const rows = Object.values(ANNOTATIONS).map(
    ({ name, grammar, effect }) => `| \`${name}\` | ${grammar.allowed.replaceAll('|', '\\|')} | ${effect} |`,
  );
  return ['| annotation | takes | effect |', '| --- | --- | --- |', ...rows].join('\n');
}

export function defaultValuesYaml(): string {
  return stringify({ ...DEFAULT_VALUES, templates: {} }, { lineWidth: 0, aliasDuplicateObjects: false }).trimEnd();
}
