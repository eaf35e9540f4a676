// failed_tests.mjs FOLDER: one line for each failed test in the JSON reports of vitest there, with the first line of what it said.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const MAX = 40;
const folder = process.argv[2];
const lines = readdirSync(folder).flatMap((name) => {
  const { testResults } = JSON.parse(readFileSync(join(folder, name), 'utf8'));
  return testResults.filter(({ status }) => status === 'failed').flatMap((file) => linesOf(name, file));
});
for (const line of lines.slice(0, MAX)) console.log(line);
if (lines.length > MAX) console.log(`… and ${lines.length - MAX} more`);

function linesOf(report, { name, message, assertionResults }) {
  const file = `${report.replace(/\.json$/, '')}: ${relative(process.cwd(), name)}`;
  const tests = assertionResults.filter(({ status }) => status === 'failed');
  if (tests.length === 0) return [`${file}: ${firstLine(message)}`]; // the file itself, or a hook of it
  return tests.map(({ fullName, failureMessages }) => `${file} > ${fullName}: ${firstLine(failureMessages[0] ?? '')}`);
}

function firstLine(text) {
  return text.split('\n')[0].slice(0, 300);
}
