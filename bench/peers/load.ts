// One load by wrk, and what the proxy spent on it.
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cpuSeconds, residentBytes, withChildren } from '../../test/support/proc.js';

export interface Sample {
  requestsPerSecond: number;
  requestsPerCpuSecond: number;
  userMicros: number;
  kernelMicros: number;
  p50Micros: number;
  p99Micros: number;
  residentBytes: number;
}

interface WrkSummary {
  requests: number;
  duration: number;
  bytes: number;
  errors: number;
  p50: number;
  p99: number;
}

const LUA = `done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('@{"requests":%d,"duration":%d,"bytes":%d,"errors":%d,"p50":%d,"p99":%d}\\n',
    summary.requests, summary.duration, summary.bytes, e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50), latency:percentile(99)))
end
`;

/** Where the load is made: as programs are started there, and as one answer is looked at byte by byte. */
export interface Place {
  command(program: string, args: string[]): [string, string[]];
  probe(url: string, bodySize: number): Promise<void>;
}

export const HERE: Place = { command: (program, args) => [program, args], probe };

const run = promisify(execFile);
const script = join(tmpdir(), `weft-bench-${process.pid}.lua`);
writeFileSync(script, LUA);

/**
 * Throws when an answer was wrong: an error, a status of 400 or more, or fewer bytes than the bodies make. `proxies`: process ids of whose
 * time is counted.
 */
export async function load(
  proxies: number[],
  url: string,
  connections: number,
  seconds: number,
  bodySize: number,
  place = HERE,
): Promise<Sample> {
  const pids = proxies.flatMap(withChildren);
  await place.probe(url, bodySize);
  const before = cpuSeconds(pids);
  const summary = await wrk(url, connections, seconds, place);
  const after = cpuSeconds(pids);
  await place.probe(url, bodySize);
  const { requests } = summary;
  if (summary.errors > 0) throw new Error(`${url}: ${summary.errors} of ${requests} requests failed`);
  if (requests === 0 || summary.bytes < requests * bodySize) throw new Error(`${url}: bodies were cut short`);
  const user = after.user - before.user;
  const kernel = after.kernel - before.kernel;
  return {
    requestsPerSecond: requests / (summary.duration / 1e6),
    requestsPerCpuSecond: requests / (user + kernel),
    userMicros: (user / requests) * 1e6,
    kernelMicros: (kernel / requests) * 1e6,
    p50Micros: summary.p50,
    p99Micros: summary.p99,
    residentBytes: residentBytes(pids),
  };
}

/** A load whose figures nobody keeps warms a proxy up. */
export async function wrk(url: string, connections: number, seconds: number, place = HERE): Promise<WrkSummary> {
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', script, url];
  const [file, words] = place.command('wrk', args);
  const { stdout } = await run(file, words, { timeout: (seconds + 30) * 1000 });
  const line = stdout.split('\n').find((each) => each.startsWith('@'));
  if (line === undefined) throw new Error(`wrk said nothing: ${stdout}`);
  return JSON.parse(line.slice(1)) as WrkSummary;
}

function probe(url: string, bodySize: number): Promise<void> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('end', () => {
        const body = Buffer.concat(pieces);
        const right = response.statusCode === 200 && body.equals(Buffer.alloc(bodySize, 'x'));
        if (right) resolve();
        else
          reject(new Error(`${url}: ${response.statusCode} with ${body.length} bytes, 200 with ${bodySize} expected`));
      });
    }).on('error', reject);
  });
}
