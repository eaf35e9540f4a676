// The agent: what a Pod's kubelet, its scraper and its own containers ask the sidecar for, on three ports.
import type { AppProber, AppProbers } from './app_probers.js';
import {
  AgentServer,
  type AgentAnswer,
  type AgentEndpoint,
  type AgentRequest,
  type Endpoints,
} from './agent_server.js';
import { mergedMetrics } from './merged_metrics.js';
import { probe } from './probe.js';
import type { ScrapeTarget } from './scrape_targets.js';
import { TransitionLog } from './transition_log.js';

/** What the agent is told by its environment. A port of 0 is not served. */
export interface AgentOptions {
  /** 15020 */
  readonly statusPort: number;
  /** 15021 */
  readonly readyPort: number;
  /** 15090 */
  readonly metricsPort: number;
  /** The address of the Pod, where its application is probed. */
  readonly podAddress: string;
  readonly probers: AppProbers;
  readonly scrapeTargets: readonly ScrapeTarget[];
  /** Where to listen; undefined: on every address. */
  readonly host?: string;
}

/** What the agent needs of the rest of the process. */
export interface AgentProcess {
  /** Why the proxy is not ready to serve, or undefined where it is. */
  notReady(): string | undefined;
  /** The proxy's own metrics in Prometheus' form; `query` as of the admin listener's /stats/prometheus. */
  metrics(query: URLSearchParams): AgentAnswer;
  /** Lets inbound traffic run out; the process goes on. */
  drain(): void;
  /** Ends the process. */
  quit(): void;
  warn(text: string): void;
  info(text: string): void;
  error(error: unknown): void;
  /** Adds one to a counter of the process. */
  count(name: string): void;
}

const MAX_PROBES = 64;
const MAX_SCRAPES = 8;
const BUSY: AgentAnswer = { status: 503, body: 'too many requests of this kind are under way\n' };

export class Agent {
  private readonly servers: AgentServer[] = [];
  private readonly health: TransitionLog;
  private probes = 0;
  private scrapes = 0;
  private statusPort = 0;

  constructor(
    private readonly options: AgentOptions,
    private readonly process: AgentProcess,
  ) {
    this.health = new TransitionLog(
      (text) => process.warn(text),
      (text) => process.info(text),
    );
  }

  /** Listens on its ports. Rejects with a ListenError, and nothing listens then. */
  async listen(): Promise<{ status: number; ready: number; metrics: number }> {
    const { statusPort, readyPort, metricsPort } = this.options;
    try {
      const ready = await this.serve(readyPort, { '/healthz/ready': this.ready });
      const metrics = await this.serve(metricsPort, {
        '/stats/prometheus': this.ownMetrics,
        '/metrics': this.ownMetrics,
      });
      const table = {
        '/healthz/ready': this.ready,
        '/stats/prometheus': this.allMetrics,
        '/metrics': this.allMetrics,
        '/quitquitquit': this.quit,
        '/drain': this.drain,
      };
      this.statusPort = await this.serve(statusPort, table, (path) => this.proberOf(path));
      return { status: this.statusPort, ready, metrics };
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close(): void {
    for (const server of this.servers.splice(0)) server.close();
  }

  private async serve(
    port: number,
    table: Readonly<Record<string, AgentEndpoint>>,
    others: Endpoints = () => undefined,
  ): Promise<number> {
    if (port === 0) return 0;
    const endpoints = new Map(Object.entries(table));
    const server = new AgentServer(
      (path) => endpoints.get(path) ?? others(path),
      (error) => this.process.error(error),
    );
    this.servers.push(server);
    return server.listen(port, this.options.host);
  }

  private readonly ready: AgentEndpoint = {
    handle: () => {
      const reason = this.process.notReady();
      this.health.note('readiness', reason && `the proxy is not ready: ${reason}`, 'the proxy is ready');
      return reason === undefined ? { body: 'ready\n' } : { status: 503, body: `not ready: ${reason}\n` };
    },
  };

  private readonly ownMetrics: AgentEndpoint = { handle: ({ query }) => this.process.metrics(query) };

  private readonly allMetrics: AgentEndpoint = {
    handle: async ({ query, headers, signal }) => {
      const own = this.process.metrics(query);
      if (this.options.scrapeTargets.length === 0 || (own.status ?? 200) !== 200) return own;
      if (this.scrapes === MAX_SCRAPES) return BUSY;
      this.scrapes++;
      try {
        return await this.merge(String(own.body ?? ''), headers, signal);
      } finally {
        this.scrapes--;
      }
    },
  };

  private merge(own: string, headers: AgentRequest['headers'], signal: AbortSignal): Promise<AgentAnswer> {
    const { scrapeTargets: targets } = this.options;
    const failures = new Map<ScrapeTarget, string>();
    const onFailure = (target: ScrapeTarget, reason: string): void => {
      failures.set(target, reason);
      this.process.count('weft.agent.scrape_failures');
    };
    const merged = mergedMetrics({ targets, own: () => own, onFailure }, headers, signal);
    return merged.finally(() => {
      for (const target of targets) this.noteScrape(target, failures.get(target));
    });
  }

  private noteScrape(target: ScrapeTarget, failure: string | undefined): void {
    const where = `the application's metrics at port ${target.port}, ${JSON.stringify(target.path)}`;
    this.health.note(
      `scrape ${target.port} ${target.path}`,
      failure && `${where}, are missing: ${failure}`,
      `${where}, are there again`,
    );
  }

  private readonly quit: AgentEndpoint = {
    mutates: true,
    handle: () => ({ body: 'OK', after: () => this.process.quit() }),
  };

  private readonly drain: AgentEndpoint = {
    mutates: true,
    handle: () => ({ body: 'OK', after: () => this.process.drain() }),
  };

  private proberOf(path: string): AgentEndpoint | undefined {
    if (!/^\/app-(health|lifecycle)\//.test(path)) return undefined;
    const prober = this.options.probers.get(path);
    // 400, not 404, as Istio: the probe and the injector's environment do not belong together.
    if (!prober) return { handle: () => ({ status: 400, body: `there is no probe of the application for ${path}\n` }) };
    return { handle: (request) => this.probe(path, prober, request) };
  }

  private async probe(path: string, prober: AppProber, { headers, signal }: AgentRequest): Promise<AgentAnswer> {
    if (this.probes === MAX_PROBES) return BUSY;
    this.probes++;
    const late = new AbortController();
    const seconds = prober.timeoutMs / 1000;
    const timer = Number.isFinite(seconds)
      ? setTimeout(() => late.abort(`no answer within ${seconds} s`), prober.timeoutMs)
      : undefined;
    try {
      const { podAddress: target } = this.options;
      const call = { headers, target, agentPort: this.statusPort, signal: AbortSignal.any([signal, late.signal]) };
      const { status, body, failure } = await probe(prober, call);
      if (failure !== undefined && !signal.aborted) this.process.count('weft.agent.probe_failures');
      if (!signal.aborted)
        this.health.note(path, failure && `${path}: ${failure}`, `${path}: the application answers again`);
      return { status, body };
    } finally {
      clearTimeout(timer);
      this.probes--;
    }
  }
}
