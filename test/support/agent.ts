// An agent on free ports of the loopback interface, in front of a process that only notes what it is told.
import { request, type IncomingHttpHeaders } from 'node:http';
import { Agent, type AgentOptions, type AgentProcess } from '../../host/agent/agent.js';
import { readAppProbers } from '../../host/agent/app_probers.js';
import type { Finding } from '../../host/config/finding.js';
import { freePort } from './ports.js';

export interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface TestAgent {
  agent: Agent;
  ports: { status: number; ready: number; metrics: number };
  /** drain, quit, log lines and counters, in their order. */
  events: string[];
  process: { -readonly [K in keyof AgentProcess]: AgentProcess[K] };
}

export async function startAgent(probers: object, options: Partial<AgentOptions> = {}): Promise<TestAgent> {
  const findings: Finding[] = [];
  const env = { ISTIO_KUBE_APP_PROBERS: JSON.stringify(probers) };
  const events: string[] = [];
  const process: TestAgent['process'] = {
    notReady: () => undefined,
    metrics: () => ({ body: '# TYPE envoy_up gauge\nenvoy_up{} 1\n', type: 'text/plain' }),
    drain: () => void events.push('drain'),
    quit: () => void events.push('quit'),
    warn: (text) => void events.push(`warn ${text}`),
    info: (text) => void events.push(`info ${text}`),
    error: (error) => void events.push(`error ${String(error)}`),
    count: (name) => void events.push(`count ${name}`),
  };
  const agent = new Agent(
    {
      statusPort: options.statusPort ?? (await freePort()),
      readyPort: options.readyPort ?? (await freePort()),
      metricsPort: options.metricsPort ?? (await freePort()),
      podAddress: '127.0.0.1',
      probers: readAppProbers({ env, findings }),
      scrapeTargets: [],
      host: '127.0.0.1',
      ...options,
    },
    process,
  );
  if (findings.length > 0) throw new Error(JSON.stringify(findings));
  return { agent, ports: await agent.listen(), events, process };
}

export function ask(
  port: number,
  path: string,
  { method = 'GET', headers = {}, localAddress = '127.0.0.1' } = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method, headers, localAddress, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => (body += piece));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end();
  });
}
