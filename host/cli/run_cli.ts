// The command line: one table of commands, every failure turned into text and an exit code.
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { FindingCode } from '../config/error_codes.js';
import { suggest } from '../config/suggest.js';
import { FLAGS as IPTABLES_FLAGS } from '../iptables/flags.js';
import type { ColorMode } from './color.js';
import { COLOR_MODES, colorOf } from './color.js';
import { EXIT_FINDINGS, EXIT_INTERNAL, EXIT_OK, EXIT_USAGE } from './exit_code.js';
import { runHelp } from './help.js';
import { DEV_FLAGS } from './dev_flags.js';
import { COMMANDS, commandHelp, generalHelp } from './help_text.js';
import type { InjectOptions } from './inject.js';
import { INJECT_FLAGS, UNINJECT_FLAGS } from './inject_flags.js';
import { INJECTOR_FLAGS } from './injector_flags.js';
import type { CliServices } from './services.js';
import { paintFor } from './output.js';
import type { Terminal } from './output.js';
import { LOG_LEVELS, longName, PROXY_FLAGS, VALIDATE_FLAGS } from './proxy_flags.js';
import type { Flag } from './proxy_flags.js';
import { REQUEST_FLAGS, WAIT_FLAGS } from './ask_flags.js';
import { SIDECAR_FLAGS } from './sidecar_flags.js';
import { pilotFlags, requestOptions, sidecarValues, waitOptions } from './agent_commands.js';
import type { LogLevel, ProxyOptions } from './proxy_options.js';
import { badValue, UsageError } from './usage_error.js';
import type { ValidateOptions } from './validate.js';
import { runVersion, versionLine } from './version.js';

type Values = Readonly<Record<string, unknown>>;
type Result = number | undefined;

/** Commands with a command line of their own, loaded when they are called. Nothing of the proxy loads with them. */
const STANDALONE: ReadonlyMap<string, () => Promise<(argv: readonly string[], terminal: Terminal) => Promise<Result>>> =
  new Map([
    ['iptables', async () => (await import('./iptables.js')).runIptables],
    ['doctor', async () => (await import('./doctor.js')).runDoctor],
  ]);

/**
 * Runs a command line (without node and the script). An exit code, or undefined when a proxy is running that ends the process
 * by itself. Never throws.
 */
export async function runCli(
  argv: readonly string[],
  services: CliServices,
  terminal: Terminal = process,
): Promise<Result> {
  const words = argv[0] === 'istio-iptables' ? ['iptables', ...argv.slice(1)] : argv;
  try {
    const standalone = STANDALONE.get(words[0]);
    if (standalone !== undefined) return await (await standalone())(words.slice(1), terminal);
    let result: Result = EXIT_OK;
    const program = createProgram(services, terminal, (code) => {
      result = code;
    });
    await program.parseAsync([...words], { from: 'user' });
    return result;
  } catch (error) {
    return reportFailure(error, words, terminal);
  }
}

function createProgram(services: CliServices, terminal: Terminal, done: (code: Result) => void): Command {
  const program = prepared(new Command('weft'), generalHelp(), terminal)
    .version(versionLine(), '-V, --version')
    .helpCommand(false)
    .argument('[command...]')
    .action(([name]: string[]) => {
      throw noCommand(name);
    });
  const proxy = command(program, 'proxy', PROXY_FLAGS, terminal)
    .version(versionLine(), '--version')
    .action(async (values: Values) => {
      const { runProxy } = await import('./proxy.js');
      done(await runProxy(proxyOptions(values, PROXY_FLAGS), colorOf(values), services, terminal));
    });
  agentCommands(program, proxy, services, terminal, done);
  command(program, 'validate', VALIDATE_FLAGS, terminal)
    .argument('[files...]')
    .action(async (files: string[], values: Values) => {
      const { runValidate } = await import('./validate.js');
      done(await runValidate(validateOptions(files, values), services, terminal));
    });
  command(program, 'dev', DEV_FLAGS, terminal)
    .argument('[files...]')
    .action(async (files: string[], values: Values) => {
      const [{ devCommand }, { runDev }] = await Promise.all([import('./dev_options.js'), import('./dev.js')]);
      done(await runDev(devCommand(files, values), services, terminal));
    });
  injectCommands(program, terminal, done);
  command(program, 'version', [], terminal).action(() => done(runVersion(terminal)));
  command(program, 'help', [], terminal)
    .argument('[topic...]')
    .action((topic: string[]) => done(runHelp(topic.length === 0 ? undefined : topic.join(' '), terminal)));
  return program;
}

/** `proxy sidecar`, and what other containers of its Pod call. */
function agentCommands(
  program: Command,
  proxy: Command,
  services: CliServices,
  terminal: Terminal,
  done: (code: Result) => void,
): void {
  // What stands behind `sidecar` is its own.
  program.enablePositionalOptions();
  proxy.enablePositionalOptions();
  command(proxy, 'sidecar', SIDECAR_FLAGS, terminal, 'proxy sidecar').action(async (values: Values) => {
    const { runSidecar } = await import('./sidecar.js');
    const options = proxyOptions(sidecarValues(values), SIDECAR_FLAGS);
    done(await runSidecar(options, pilotFlags(values), colorOf(values), services, terminal));
  });
  command(program, 'wait', WAIT_FLAGS, terminal).action(async (values: Values) => {
    const { runWait } = await import('./ask.js');
    done(await runWait(waitOptions(values), terminal));
  });
  command(program, 'request', REQUEST_FLAGS, terminal)
    .argument('<method>')
    .argument('<path>')
    .argument('[body]')
    .action(async (method: string, path: string, body: string | undefined, values: Values) => {
      const { runRequest } = await import('./ask.js');
      done(await runRequest(requestOptions(method, path, body, values), terminal));
    });
}

function injectCommands(program: Command, terminal: Terminal, done: (code: Result) => void): void {
  command(program, 'inject', INJECT_FLAGS, terminal)
    .argument('[files...]')
    .action(async (files: string[], values: Values) => {
      const { runInject } = await import('./inject.js');
      done(runInject(injectOptions(files, values), terminal));
    });
  command(program, 'uninject', UNINJECT_FLAGS, terminal)
    .argument('[files...]')
    .action(async (files: string[], values: Values) => {
      const { runUninject } = await import('./inject.js');
      done(runUninject(injectOptions(files, values), terminal));
    });
  command(program, 'injector', INJECTOR_FLAGS, terminal).action(async (values: Values) => {
    const { injectorCommand, runInjector } = await import('./injector.js');
    done(await runInjector(injectorCommand(values, terminal.env), terminal));
  });
}

function noCommand(name: string | undefined): UsageError {
  const names = Object.keys(COMMANDS);
  if (name === undefined) return new UsageError('WEFT1603', `a command is missing: ${names.join(', ')}`);
  return new UsageError('WEFT1601', `there is no command ${JSON.stringify(name)}${didYouMean(suggest(name, names))}`);
}

function command(program: Command, name: string, flags: readonly Flag[], terminal: Terminal, topic = name): Command {
  const created = prepared(program.command(name), commandHelp(topic) ?? '', terminal);
  for (const flag of flags) created.addOption(option(flag));
  return created;
}

/** No output and no exit of commander's own: failures are thrown. */
function prepared(created: Command, help: string, terminal: Terminal): Command {
  created.helpInformation = () => help;
  return created
    .exitOverride()
    .allowExcessArguments(false)
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      writeErr: () => {},
      outputError: () => {},
    });
}

function option(flag: Flag): Option {
  const created = new Option(flag.flags, flag.help);
  if (flag.kind === 'choice') created.choices(flag.choices ?? []);
  if (flag.kind === 'count') created.argParser(count);
  if (flag.repeatable === true)
    created.argParser((value: string, all: string[] | undefined) => [...(all ?? []), value]);
  return created;
}

function count(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('A whole number is wanted.');
  return Number(text);
}

function proxyOptions(values: Values, flags: readonly Flag[]): ProxyOptions {
  const text = (name: string): string | undefined => values[name] as string | undefined;
  const number = (name: string): number | undefined => values[name] as number | undefined;
  return {
    configPath: text('configPath'),
    configYaml: text('configYaml'),
    mode: (text('mode') ?? 'serve') as ProxyOptions['mode'],
    logLevel: logLevel(text('logLevel') ?? 'info'),
    componentLogLevels: componentLogLevels(text('componentLogLevel') ?? ''),
    logPath: text('logPath'),
    logFormat: text('logFormat'),
    concurrency: number('concurrency'),
    serviceNode: text('serviceNode'),
    serviceCluster: text('serviceCluster'),
    serviceZone: text('serviceZone'),
    drainTimeSeconds: number('drainTimeS'),
    adminAddressPath: text('adminAddressPath'),
    fileFlushIntervalMs: number('fileFlushIntervalMsec') ?? 10_000,
    unsupportedFields: (text('unsupportedFields') ?? 'refuse') as ProxyOptions['unsupportedFields'],
    allowUnknownFields: values.allowUnknownStaticFields === true,
    flagsWithoutEffect: flags
      .filter((flag) => flag.effect === false && values[keyOf(flag)] !== undefined)
      .map(longName),
  };
}

/** commander's key of a flag: `--base-id` is `baseId`. */
function keyOf(flag: Flag): string {
  return longName(flag)
    .slice(2)
    .replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

function logLevel(name: string): LogLevel {
  return (name === 'warn' ? 'warning' : name) as LogLevel;
}

/** `upstream:debug,http:trace`. */
function componentLogLevels(list: string): ReadonlyMap<string, LogLevel> {
  const levels = new Map<string, LogLevel>();
  for (const entry of list.split(',').filter((item) => item !== '')) {
    const [component, level, ...rest] = entry.split(':');
    const isLevel = (LOG_LEVELS as readonly string[]).includes(level);
    if (component === '' || rest.length > 0 || !isLevel) {
      const allowed = `COMPONENT:LEVEL,… with one of ${LOG_LEVELS.join(', ')}`;
      throw badValue('--component-log-level', entry, allowed, 'proxy');
    }
    levels.set(component, logLevel(level));
  }
  return levels;
}

function validateOptions(files: string[], values: Values): ValidateOptions {
  return {
    files: [...((values.configPath as string[] | undefined) ?? []), ...files],
    configYaml: values.configYaml as string | undefined,
    unsupportedFields: (values.unsupportedFields as 'warn' | undefined) ?? 'refuse',
    allowUnknownFields: values.allowUnknownStaticFields === true,
    output: (values.output as 'json' | undefined) ?? 'text',
    maxFindings: values.maxFindings as number | undefined,
    color: colorOf(values),
  };
}

function injectOptions(files: string[], values: Values): InjectOptions {
  return {
    files: [...((values.filename as string[] | undefined) ?? []), ...files],
    valuesFile: values.values as string | undefined,
    namespace: values.namespace as string | undefined,
    namespaceLabels: (values.namespaceLabel as string[] | undefined) ?? [],
    clusterVersion: values.clusterVersion as string | undefined,
    diff: values.diff === true,
    explain: values.explain === true,
    color: colorOf(values),
  };
}

// === failures ===

function reportFailure(error: unknown, argv: readonly string[], terminal: Terminal): number {
  if (error instanceof CommanderError && error.exitCode === 0) return EXIT_OK; // help and version were printed
  const paint = paintFor(terminal, 'stderr', colorInArguments(argv));
  const usage = error instanceof CommanderError ? fromCommander(error, argv) : error;
  if (usage instanceof UsageError) {
    const help = usage.command === undefined ? 'weft help' : `weft help ${usage.command}`;
    terminal.stderr.write(`${paint('error', `error[${usage.code}]`)}: ${usage.message}\nSee \`${help}\`.\n`);
    return EXIT_USAGE;
  }
  return reportFault(error, terminal, paint);
}

function reportFault(error: unknown, terminal: Terminal, paint: ReturnType<typeof paintFor>): number {
  const { message, stack, constructor } = error as Error;
  if (constructor.name === 'ListenError') {
    terminal.stderr.write(`${paint('error', 'error[WEFT1501]')}: ${message}\n`);
    return EXIT_FINDINGS;
  }
  const text = error instanceof Error ? (stack ?? message) : String(error);
  terminal.stderr.write(`${paint('error', 'error[WEFT1701]')}: internal error, a fault of weft itself: ${text}\n`);
  return EXIT_INTERNAL;
}

const USAGE_CODES: Readonly<Record<string, FindingCode>> = {
  'commander.unknownOption': 'WEFT1601',
  'commander.unknownCommand': 'WEFT1601',
  'commander.invalidArgument': 'WEFT1602',
  'commander.excessArguments': 'WEFT1602',
};

/** "error: unknown option '--conig'\n(Did you mean …?)" on one line, without the prefix and with our own guess. */
function fromCommander(error: CommanderError, argv: readonly string[]): UsageError {
  const [first] = error.message.replace(/^error: /, '').split('\n');
  const word = argv.find((each) => !each.startsWith('-'));
  const name = word === 'proxy' && argv[1] === 'sidecar' ? 'proxy sidecar' : word;
  const known = name !== undefined && commandHelp(name) !== undefined ? name : undefined;
  const option = error.code === 'commander.unknownOption' ? /'(-[^'=]*)/.exec(first)?.[1] : undefined;
  const hint = option === undefined ? '' : didYouMean(nearestFlag(option, known));
  return new UsageError(USAGE_CODES[error.code] ?? 'WEFT1603', first.replace(/\.$/, '') + hint, known);
}

function didYouMean(near: string | undefined): string {
  return near === undefined ? '' : ` (did you mean ${near}?)`;
}

const COMMAND_FLAGS: ReadonlyMap<string, readonly Flag[]> = new Map([
  ['validate', VALIDATE_FLAGS],
  ['dev', DEV_FLAGS],
  ['inject', INJECT_FLAGS],
  ['uninject', UNINJECT_FLAGS],
  ['injector', INJECTOR_FLAGS],
  ['proxy sidecar', SIDECAR_FLAGS],
  ['wait', WAIT_FLAGS],
  ['request', REQUEST_FLAGS],
]);

function flagNames(command: string | undefined): string[] {
  if (command === 'iptables' || command === 'doctor') return Object.keys(IPTABLES_FLAGS).map((name) => `--${name}`);
  return (COMMAND_FLAGS.get(command ?? '') ?? PROXY_FLAGS).map(longName);
}

/** By the whole name, or else by its first word: `--conig` is near `--config-path`. */
function nearestFlag(option: string, command: string | undefined): string | undefined {
  const names = flagNames(command);
  const byFirstWord = new Map(names.toReversed().map((name) => [name.slice(2).split('-')[0], name]));
  const word = suggest(option.replace(/^-+/, '').split('-')[0], byFirstWord.keys());
  return suggest(option, names) ?? (word === undefined ? undefined : byFirstWord.get(word));
}

/** The command line may be too wrong to be parsed; what it says about colour is still heard. */
function colorInArguments(argv: readonly string[]): ColorMode {
  const at = argv.findIndex((word) => word === '--color' || word.startsWith('--color='));
  const value = at < 0 ? undefined : (argv[at].split('=')[1] ?? argv[at + 1]);
  return COLOR_MODES.find((mode) => mode === value) ?? 'auto';
}
