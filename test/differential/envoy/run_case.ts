// Runs one case against one environment and says what was seen.
import { setTimeout as sleep } from 'node:timers/promises';
import { RawClient } from '../../support/raw_client.js';
import type { Environment } from './environment.js';
import {
  describeEnding,
  describeResponses,
  describeUpstream,
  mask,
  type Observation,
  type PortNames,
} from './observation.js';
import type { Case } from './topic.js';

const QUIET_MS = 250; // recording: nothing more comes after so long
const STABLE_MS = 25; // comparing: equal now, and still after so long
const PATIENCE_MS = 2000;
const POOL_CLOSE_MS = 30; // until a proxy has noticed that its pooled connections are gone

/** With `expected`, returns as soon as that is seen; without, when nothing more happens. */
export async function runCase(environment: Environment, each: Case, expected?: Observation): Promise<Observation> {
  const { upstream, second, listenerPorts } = environment;
  const dropped = [upstream.reset(each.upstream), second.reset(each.second)];
  if (dropped.includes(true)) await sleep(POOL_CLOSE_MS);
  const logFrom = environment.logLength(); // before: who is refused at once is logged at once
  const client = await RawClient.connect(listenerPorts.get(each.listener) ?? 0);
  const portNames = new Map(environment.portNames).set(client.localPort, '<client>');
  const log = () => environment.logLines(client.localPort, logFrom).map((line) => mask(line, portNames));
  const look = (lines: string[]): Observation => observe(environment, portNames, each, client, lines);
  const sent = client.run(environment.withPorts(each.send, { client: client.localPort }));
  const enough = (now: Observation) => now.responses.length >= each.responses || now.ending !== 'open';
  await Promise.race([sent, sleep(PATIENCE_MS)]);
  await sleep(each.least);
  await settle(() => look(expected?.log ?? []), expected, enough);
  const seen = look([]);
  client.close();
  const withLog = () => ({ ...seen, log: log() });
  await settle(withLog, expected && { ...seen, log: expected.log }, () => true);
  return withLog();
}

function observe(
  environment: Environment,
  portNames: PortNames,
  each: Case,
  client: RawClient,
  log: string[],
): Observation {
  const tidy = (texts: string[]) => texts.map((text) => mask(text, portNames));
  const responses = tidy(describeResponses(client.received, each.methods, client.ending, each.raw));
  return {
    responses,
    ending: describeEnding(responses, client.ending),
    upstream: tidy(describeUpstream(environment.upstream.connections, each.raw)),
    second: tidy(describeUpstream(environment.second.connections, each.raw)),
    log,
  };
}

async function settle(
  look: () => Observation,
  expected: Observation | undefined,
  enough: (now: Observation) => boolean,
): Promise<void> {
  const wanted = expected && JSON.stringify(expected);
  const deadline = performance.now() + PATIENCE_MS;
  let last = '';
  let since = performance.now();
  while (performance.now() < deadline) {
    const seen = look();
    const now = JSON.stringify(seen);
    if (now !== last) since = performance.now();
    last = now;
    const still = performance.now() - since;
    if (wanted === undefined ? enough(seen) && still >= QUIET_MS : now === wanted && still >= STABLE_MS) return;
    await sleep(5);
  }
}
