// A plan: the access logs of one HttpConnectionManager or TcpProxy, compiled. The core is told its number and the headers it needs.
import { readFileSync } from 'node:fs';
import { finding, type Finding } from '../config/finding.js';
import { anyTypeName, unpackAny } from '../config/message.js';
import { fieldPath } from '../config/path.js';
import { checkService } from '../grpc/check_service.js';
import { DEFAULT_FORMAT } from './default_format.js';
import { compileFilter, FilterError, type Filter, type RuntimeNow } from './filter.js';
import { FormatError } from './format_error.js';
import { parseFormat, renderText } from './format_string.js';
import { httpEntries, tcpEntries, type EntryOf } from './grpc_entry.js';
import { readGrpcLog, type GrpcLogModel } from './grpc_log.js';
import { HeaderNeeds } from './header_needs.js';
import { JsonFormatError, parseJsonFormat, type StructMessage } from './json_format.js';
import type {
  AccessLogMessage,
  DataSourceMessage,
  FileAccessLogMessage,
  FormatMessage,
  GrpcLogMessage,
} from './messages.js';
import type { LogRecord } from './record.js';

const FILE = 'envoy.extensions.access_loggers.file.v3.FileAccessLog';
const STDOUT = 'envoy.extensions.access_loggers.stream.v3.StdoutAccessLog';
const HTTP_GRPC = 'envoy.extensions.access_loggers.grpc.v3.HttpGrpcAccessLogConfig';
const TCP_GRPC = 'envoy.extensions.access_loggers.grpc.v3.TcpGrpcAccessLogConfig';
const STDERR = 'envoy.extensions.access_loggers.stream.v3.StderrAccessLog';

/** Where lines go. */
export type Destination = { path: string } | { fd: 1 | 2 };

export interface LineLogger {
  readonly kind: 'lines';
  readonly destination: Destination;
  readonly filter: Filter | undefined;
  /** The line with its end, as a binary string. */
  readonly render: (record: LogRecord) => string;
}

export interface GrpcLogger {
  readonly kind: 'grpc';
  readonly service: GrpcLogModel;
  readonly filter: Filter | undefined;
  readonly entry: EntryOf;
}

export type AccessLogger = LineLogger | GrpcLogger;

export interface CompiledPlan {
  readonly loggers: readonly AccessLogger[];
  readonly needs: HeaderNeeds;
}

type Any = Parameters<typeof anyTypeName>[0];
type Render = LineLogger['render'];

/** Compiles the `access_log` list at `path` (a JSON path). What cannot be used becomes a finding and is left out. */
export function compilePlan(
  logs: readonly AccessLogMessage[],
  path: string,
  runtime?: RuntimeNow,
): { plan: CompiledPlan; findings: Finding[] } {
  const needs = new HeaderNeeds();
  const findings: Finding[] = [];
  const loggers = logs.flatMap((log, i) => compileLogger(log, `${path}[${i}]`, { needs, runtime, findings }));
  return { plan: { loggers, needs }, findings };
}

interface PlanParts {
  readonly needs: HeaderNeeds;
  readonly runtime: RuntimeNow | undefined;
  readonly findings: Finding[];
}

function compileLogger(log: AccessLogMessage, path: string, parts: PlanParts): AccessLogger[] {
  const { needs, findings } = parts;
  const type = anyTypeName(log.typed_config as Any);
  const made = type === HTTP_GRPC || type === TCP_GRPC ? compileGrpc : compileLines;
  const logger = made(log, `${path}.typed_config`, needs, findings);
  const filter = compileLogFilter(log, path, parts);
  return logger === undefined || filter === null ? [] : [{ ...logger, filter }];
}

type Unfiltered<T> = Omit<T, 'filter'>;

function compileLines(
  { typed_config }: AccessLogMessage,
  path: string,
  needs: HeaderNeeds,
  findings: Finding[],
): Unfiltered<LineLogger> | undefined {
  const type = anyTypeName(typed_config as Any);
  const config = plain(unpackAny<FileAccessLogMessage>(typed_config as Any));
  const destination = destinationOf(type, config);
  if (config === undefined || destination === undefined) {
    findings.push(finding('WEFT1302', path, `weft does not have the access logger "${type}"`));
    return undefined;
  }
  const render = compileFormat(config, path, needs, findings);
  return render && { kind: 'lines', destination, render };
}

function compileGrpc(
  { typed_config }: AccessLogMessage,
  path: string,
  needs: HeaderNeeds,
  findings: Finding[],
): Unfiltered<GrpcLogger> | undefined {
  const message = unpackAny<GrpcLogMessage>(typed_config as Any)!;
  const isHttp = anyTypeName(typed_config as Any) === HTTP_GRPC;
  const config = plain(message);
  try {
    const entry = (isHttp ? httpEntries : tcpEntries)(config, needs);
    const place = fieldPath(fieldPath(path, 'common_config'), 'grpc_service');
    const service = readGrpcLog(message, isHttp, place);
    findings.push(...checkService(service.service, () => true, place)); // as in Envoy, the cluster may come later
    return { kind: 'grpc', service, entry };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    findings.push(formatFinding(error, `${path}.common_config.custom_tags`));
    return undefined;
  }
}

/**
 * Only what is set: in a protobufjs message a member of a oneof that is not set reads as its zero, so that every member would
 * look set.
 */
function plain<T>(message: T): T {
  const type = (message as { $type?: { toObject(message: unknown): unknown } } | undefined)?.$type;
  return type === undefined ? message : (type.toObject(message) as T);
}

function destinationOf(type: string, config: FileAccessLogMessage | undefined): Destination | undefined {
  if (type === STDOUT) return { fd: 1 };
  if (type === STDERR) return { fd: 2 };
  return type === FILE && config?.path ? { path: config.path } : undefined;
}

function compileLogFilter(
  log: AccessLogMessage,
  path: string,
  { needs, runtime, findings }: PlanParts,
): Filter | undefined | null {
  if (!log.filter) return undefined;
  try {
    return compileFilter(plain(log.filter), needs, runtime);
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    findings.push(finding('WEFT1301', `${path}.filter${error.path ? `.${error.path}` : ''}`, error.message));
    return null;
  }
}

function compileFormat(
  config: FileAccessLogMessage,
  path: string,
  needs: HeaderNeeds,
  findings: Finding[],
): Render | undefined {
  const old = config.json_format ?? config.typed_json_format;
  const name = config.json_format ? 'json_format' : 'typed_json_format';
  try {
    if (config.log_format) return substitution(config.log_format, needs);
    if (old) return json(old, needs, false);
    return text(config.format || DEFAULT_FORMAT, needs, false);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const inner = error instanceof JsonFormatError ? `.${error.path}` : '';
    const field = config.log_format ? `log_format.${formatField(config.log_format)}` : old ? name : 'format';
    findings.push(formatFinding(error, `${path}.${field}${inner}`));
    return undefined;
  }
}

function formatField(format: FormatMessage): string {
  if (format.json_format) return 'json_format';
  return format.text_format_source ? 'text_format_source' : 'text_format';
}

function formatFinding(error: FormatError, path: string): Finding {
  const message = `${error.message} (at character ${error.position + 1} of the format)`;
  return finding('WEFT1409', path, message, error.allowed === undefined ? {} : { allowed: error.allowed });
}

function substitution(format: FormatMessage, needs: HeaderNeeds): Render {
  const omitEmpty = format.omit_empty_values ?? false;
  if (format.json_format) return json(format.json_format, needs, omitEmpty);
  const source = format.text_format_source ? sourceText(format.text_format_source) : format.text_format;
  return text(source || DEFAULT_FORMAT, needs, omitEmpty);
}

/** A member of the oneof that is not set reads as its zero; the API lets none be empty but inline_string. */
function sourceText(source: DataSourceMessage): string {
  if (source.filename) return fileText(source.filename);
  if (source.environment_variable) return environmentText(source.environment_variable);
  if (source.inline_bytes?.length) return Buffer.from(source.inline_bytes).toString('utf8');
  return source.inline_string ?? '';
}

function environmentText(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new FormatError(`there is no environment variable ${name}`, 0);
  return value;
}

function fileText(name: string): string {
  try {
    return readFileSync(name, 'utf8');
  } catch (cause) {
    throw new FormatError(`the format cannot be read: ${(cause as Error).message}`, 0);
  }
}

function text(format: string, needs: HeaderNeeds, omitEmpty: boolean): Render {
  const parts = parseFormat(format, needs);
  return (record) => renderText(parts, record, omitEmpty);
}

function json(format: StructMessage, needs: HeaderNeeds, omitEmpty: boolean): Render {
  const render = parseJsonFormat(format, needs);
  return (record) => `${render(record, omitEmpty)}\n`;
}
