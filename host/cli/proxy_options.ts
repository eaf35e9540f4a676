// What `weft proxy` was asked to do: Envoy's flags, read and checked. host/process/ acts on it.
import type { SidecarEnvironment } from '../agent/environment.js';
import type { ConfigSource } from '../config/source.js';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warning' | 'error' | 'critical' | 'off';

export interface ProxyOptions {
  /** `-c`, `--config-path`; `-` is standard input. */
  readonly configPath: string | undefined;
  /** `--config-yaml`: merged over the file. */
  readonly configYaml: string | undefined;
  readonly mode: 'serve' | 'validate' | 'init_only';
  readonly logLevel: LogLevel;
  /** `--component-log-level upstream:debug,http:trace`. */
  readonly componentLogLevels: ReadonlyMap<string, LogLevel>;
  /** `--log-path`: standard error when absent. */
  readonly logPath: string | undefined;
  /** `--log-format` as given (spdlog's pattern syntax). */
  readonly logFormat: string | undefined;
  /** Worker threads; undefined takes the cgroup's cpu.max, then the cores. */
  readonly concurrency: number | undefined;
  readonly serviceNode: string | undefined;
  readonly serviceCluster: string | undefined;
  readonly serviceZone: string | undefined;
  /** `--drain-time-s`; undefined ends a drain after 30 s at the latest. */
  readonly drainTimeSeconds: number | undefined;
  /** `--admin-address-path`: the bound admin address is written there. */
  readonly adminAddressPath: string | undefined;
  /** `--file-flush-interval-msec` of access logs. */
  readonly fileFlushIntervalMs: number;
  readonly unsupportedFields: 'refuse' | 'warn';
  /** `--allow-unknown-static-fields`. */
  readonly allowUnknownFields: boolean;
  /** Flags that were given and have no effect: logged once. */
  readonly flagsWithoutEffect: readonly string[];
  /** In place of a configuration: the sidecar's own. */
  readonly generated?: ConfigSource;
  /** `weft proxy sidecar`: what the Pod says. */
  readonly sidecar?: SidecarEnvironment;
}
