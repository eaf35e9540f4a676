// `npm run bench:peers [-- --quick] [--seconds N] [--peers weft,nginx] [--only TEXT] [--out FILE]`: the same load through each proxy in turn, all in
// one run, because only figures of one run compare. Rounds alternate between the proxies; tables show medians.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { freePort } from '../../test/support/ports.js';
import { installed } from './child.js';
import { CONTENDERS, routePrefix, type Contender, type Running } from './contenders.js';
import { load, wrk } from './load.js';
import { intercepted } from './intercepted.js';
import { FULL, QUICK, title, type Plan, type Scenario } from './scenarios.js';
import { table, type Results } from './tables.js';
import { startUpstream } from './upstream.js';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean' },
    seconds: { type: 'string' },
    peers: { type: 'string' },
    only: { type: 'string' },
    out: { type: 'string' },
  },
});

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function present(): Contender[] {
  const wanted = values.peers?.toLowerCase().split(',');
  const asked = CONTENDERS.filter(({ name }) => wanted === undefined || wanted.includes(name.toLowerCase()));
  return asked.filter((contender) => {
    const line = contender.missing();
    if (line !== undefined) say(`${contender.name} is skipped; install it with: ${line}`);
    return line === undefined;
  });
}

interface Entrant {
  contender: Contender;
  running: Running;
  url: string;
}

async function start(contender: Contender, upstream: number, { routes, body }: Scenario): Promise<Entrant> {
  const port = await freePort();
  const running = await contender.start(port, upstream, routes);
  const prefix = routes === 1 ? '' : routePrefix(routes - 1).slice(0, -1);
  return { contender, running, url: `http://127.0.0.1:${port}${prefix}${body.path}` };
}

async function measure(scenario: Scenario, contenders: Contender[], upstream: number, plan: Plan): Promise<Results> {
  const results: Results = new Map(contenders.map(({ name }) => [name, []]));
  const entrants: Entrant[] = [];
  try {
    for (const contender of contenders) entrants.push(await start(contender, upstream, scenario));
    for (const { url } of entrants) {
      await wrk(url, scenario.connections, plan.warmUpSeconds);
    }
    for (let round = 0; round < plan.rounds; round++) {
      for (const { contender, running, url } of entrants) {
        const sample = await load([running.pid], url, scenario.connections, plan.seconds, scenario.body.size);
        results.get(contender.name)?.push(sample);
      }
    }
  } finally {
    for (const { running } of entrants) await running.stop();
  }
  return results;
}

async function main(): Promise<void> {
  const plan = values.quick ? QUICK : { ...FULL, seconds: Number(values.seconds ?? FULL.seconds) };
  for (const program of ['wrk', 'nginx']) {
    if (!installed(program))
      return say(`${program} gives the load or the upstream; install it with: apt-get install ${program}`);
  }
  const contenders = present();
  const scenarios = plan.scenarios.filter((scenario) => title(scenario).includes(values.only ?? ''));
  const folder = mkdtempSync(join(tmpdir(), 'weft-bench-'));
  const upstreamPort = await freePort();
  const upstream = await startUpstream(folder, upstreamPort);
  const sections = [
    `${cpus().length} cores (${cpus()[0].model}), Linux ${release()}, Node ${process.versions.node}; one worker each, \`wrk -t1\`, ` +
      `medians of ${plan.rounds} alternating rounds of ${plan.seconds} s; upstream nginx. ` +
      'The last column is requests per CPU-second of weft over those of the row.\n',
  ];
  try {
    for (const scenario of scenarios) {
      const able = contenders.filter((contender) => contender.routes || scenario.routes === 1);
      const results = await measure(scenario, able, upstreamPort, plan);
      const section = `### ${title(scenario)}\n\n${table(results, 'weft')}`;
      process.stdout.write(`${section}\n`);
      sections.push(section);
    }
    for await (const section of intercepted(plan, contenders, values.only ?? '', say)) {
      process.stdout.write(`${section}\n`);
      sections.push(section);
    }
  } finally {
    await upstream.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  if (values.out) writeFileSync(values.out, sections.join('\n'));
  say(`${sections.length - 1} scenarios through ${contenders.length} proxies: every answer was right`);
}

await main();
