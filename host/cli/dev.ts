// `weft dev FILE…`: an embedded control plane that serves the resources of files and follows their changes.
import { createRequire } from 'node:module';
import { Descriptors } from '../config/descriptors.js';
import type { Finding } from '../config/finding.js';
import { ConfigSource } from '../config/source.js';
import { devBootstrap, socketAddress } from '../dev/dev_bootstrap.js';
import { readConfiguration, type DevConfiguration, type FileText } from '../dev/dev_configuration.js';
import { DevServer } from '../dev/dev_server.js';
import type { DevEvent } from '../dev/event.js';
import { countsText, renderChanges, renderEvent } from '../dev/render_event.js';
import { changesBetween, Snapshot } from '../dev/snapshot.js';
import { WatchedFiles } from '../dev/watched_files.js';
import { hostPort } from '../io/address.js';
import { KINDS } from '../xds/kinds.js';
import type { Paint } from './color.js';
import type { DevCommand, HostPort } from './dev_options.js';
import { EXIT_FINDINGS, EXIT_OK, EXIT_UNREADABLE } from './exit_code.js';
import type { CompileCheck } from './load_config.js';
import { paintFor } from './output.js';
import type { Terminal } from './output.js';
import { runProxy } from './proxy.js';
import type { ProxyOptions } from './proxy_options.js';
import { reportText } from './report.js';
import type { CliServices, PreparedServer } from './services.js';

/** An exit code, or undefined when a proxy runs beside it that ends the process by itself. */
export async function runDev(
  command: DevCommand,
  services: CliServices,
  terminal: Terminal,
): Promise<number | undefined> {
  const isServing = command.task === 'serve';
  // Its threads start while the files are being read.
  const name = new ConfigSource(`${command.files.join(', ')}, by weft dev`, '{}');
  const options = { ...proxyOptions(command), generated: name };
  const prepared = isServing && command.proxy ? await services.prepare(options) : undefined;
  const compile = command.isUnchecked ? (): readonly Finding[] => [] : await services.compiler();
  const session = new DevSession(command, compile, terminal);
  const code = session.load();
  if (code !== EXIT_OK || command.task === 'check') {
    await prepared?.abandon();
    return code;
  }
  if (command.task === 'print bootstrap') {
    terminal.stdout.write(session.bootstrapYaml(command.listen));
    return EXIT_OK;
  }
  const port = await session.listen(command.listen);
  if (port === undefined) {
    await prepared?.abandon();
    return EXIT_FINDINGS;
  }
  if (!prepared) return session.untilSignal();
  const generated = session.bootstrapSource({ ...command.listen, port });
  return runProxy({ ...options, generated }, command.color, prepareOnce(services, prepared), terminal);
}

function prepareOnce(services: CliServices, prepared: PreparedServer): CliServices {
  return { compiler: () => services.compiler(), prepare: async () => prepared };
}

class DevSession {
  private readonly descriptors = new Descriptors();
  private readonly files: WatchedFiles;
  private readonly paint: Paint;
  private configuration: DevConfiguration | undefined;
  private snapshot = new Snapshot();
  private server: DevServer | undefined;

  constructor(
    private readonly command: DevCommand,
    private readonly compile: CompileCheck,
    private readonly terminal: Terminal,
  ) {
    this.paint = paintFor(terminal, 'stdout', command.color);
    this.files = new WatchedFiles(command.files, (files) => this.changed(files));
  }

  /** Reads the files for the first time. */
  load(): number {
    const read = this.read(this.files.read());
    this.configuration = read;
    if (read.snapshot) this.snapshot = read.snapshot;
    this.report(read);
    if (!read.snapshot)
      return read.findings.some(({ code }) => /^WEFT100[12]$/.test(code)) ? EXIT_UNREADABLE : EXIT_FINDINGS;
    if (this.command.task === 'check') this.printResources();
    return EXIT_OK;
  }

  /** The port; undefined, with a message, where it cannot be had. */
  async listen({ host, port }: HostPort): Promise<number | undefined> {
    const { descriptors, snapshot } = this;
    this.server = new DevServer({ descriptors, snapshot, tell: (event) => this.tell(event) });
    try {
      const bound = await this.server.listen(host, port);
      this.banner(host, bound);
      this.files.start();
      return bound;
    } catch (error) {
      const paint = paintFor(this.terminal, 'stderr', this.command.color);
      const text = `cannot listen at ${host}:${port}: ${(error as Error).message}`;
      this.terminal.stderr.write(`${paint('error', 'error[WEFT1501]')}: ${text}\n`);
      return undefined;
    }
  }

  untilSignal(): Promise<number> {
    return new Promise((resolve) => {
      const end = (): void => {
        this.files.close();
        this.server?.close();
        resolve(EXIT_OK);
      };
      for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, end);
    });
  }

  bootstrapYaml(listen: HostPort): string {
    const { stringify } = createRequire(import.meta.url)('yaml') as typeof import('yaml');
    return stringify(this.bootstrap(listen));
  }

  bootstrapSource(listen: HostPort): ConfigSource {
    return new ConfigSource(`${this.name}, by weft dev`, JSON.stringify(this.bootstrap(listen), undefined, 1));
  }

  private bootstrap(listen: HostPort): Record<string, unknown> {
    const { admin, isDelta } = this.command;
    const { descriptors } = this;
    const { bootstrap } = this.configuration!;
    return devBootstrap({
      bootstrap,
      descriptors,
      ...listen,
      admin: admin && socketAddress(admin.host, admin.port),
      isDelta,
    });
  }

  private get name(): string {
    return this.command.files.join(', ');
  }

  private read(files: readonly FileText[]): DevConfiguration {
    const { descriptors, compile } = this;
    const { isUnchecked, unsupportedFields } = this.command;
    return readConfiguration(files, { descriptors, compile, isUnchecked, unsupportedFields });
  }

  private changed(files: readonly FileText[]): void {
    const read = this.read(files);
    this.report(read);
    if (!read.snapshot) {
      this.print(
        { event: 'refused', findings: read.findings },
        this.paint('error', 'refused: what was there serves on'),
      );
      return;
    }
    const changes = changesBetween(this.snapshot, read.snapshot);
    if (changes.length === 0)
      return this.print({ event: 'unchanged' }, 'the files have changed, what is served has not');
    this.snapshot = read.snapshot;
    const json = changes.map(({ kind, name, after }) => ({
      kind: kind.service,
      name,
      version: after?.version ?? null,
    }));
    const text = renderChanges(changes, this.descriptors, this.paint);
    this.print({ event: 'changed', resources: json }, `${this.name} ${this.paint('strong', 'changed')}\n${text}`);
    this.server?.serve(read.snapshot);
  }

  private report({ findings, texts }: DevConfiguration): void {
    if (findings.length === 0) return;
    const paint = paintFor(this.terminal, 'stderr', this.command.color);
    this.terminal.stderr.write(`${reportText({ name: this.name, findings, decoded: undefined, texts }, paint)}\n`);
  }

  private banner(host: string, port: number): void {
    const counts = this.counts();
    const at = hostPort(host, port);
    const text = [
      `weft dev serves ${countsText(counts)} of ${this.name}`,
      `  gRPC  ${at}  (ADS and each service; state of the world and incremental)`,
      `  REST  http://${at}/v3/discovery:clusters, …`,
    ];
    const resources = Object.fromEntries(counts.filter(([, count]) => count > 0));
    this.print({ event: 'serving', address: at, resources }, text.join('\n'), false);
  }

  private counts(): [string, number][] {
    return KINDS.map((kind) => [kind.service, this.snapshot.of(kind).resources.size]);
  }

  private printResources(): void {
    if (this.command.output === 'json') {
      const resources = this.snapshot.all().map(({ kind, name, version }) => ({ kind: kind.service, name, version }));
      this.terminal.stdout.write(`${JSON.stringify({ version: 1, resources }, undefined, 2)}\n`);
      return;
    }
    const lines = this.snapshot
      .all()
      .map(({ kind, name, version }) => `  ${kind.service.padEnd(4)} ${version}  ${name}\n`);
    this.terminal.stdout.write(`${this.name}: ${countsText(this.counts())}\n${lines.join('')}`);
  }

  private tell(event: DevEvent): void {
    const text = renderEvent(event, this.paint, this.command.isVerbose);
    this.print(event, text);
  }

  /** @param text undefined: nothing to tell a person */
  private print(event: object, text: string | undefined, hasTime = true): void {
    if (this.command.output === 'json') {
      this.terminal.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`);
    } else if (text !== undefined) {
      this.terminal.stdout.write(`${hasTime ? `${this.paint('faint', clock())} ` : ''}${text}\n`);
    }
  }
}

function clock(): string {
  return new Date().toTimeString().slice(0, 8);
}

function proxyOptions({ concurrency, logLevel, unsupportedFields }: DevCommand): ProxyOptions {
  return {
    configPath: undefined,
    configYaml: undefined,
    mode: 'serve',
    logLevel,
    componentLogLevels: new Map(),
    logPath: undefined,
    logFormat: undefined,
    concurrency,
    serviceNode: undefined,
    serviceCluster: undefined,
    serviceZone: undefined,
    drainTimeSeconds: undefined,
    adminAddressPath: undefined,
    fileFlushIntervalMs: 1000,
    unsupportedFields,
    allowUnknownFields: false,
    flagsWithoutEffect: [],
  };
}
