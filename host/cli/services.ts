// What the composition root gives to the commands.
import type { CompileCheck, LoadedConfig } from './load_config.js';
import type { ProxyOptions } from './proxy_options.js';

export interface CliServices {
  /** Loads what `validate` compiles with. */
  compiler(): Promise<CompileCheck>;
  /** Starts what needs no configuration, while that is still being read. */
  prepare(options: ProxyOptions): Promise<PreparedServer>;
}

export interface PreparedServer {
  /** Serves; resolves when the proxy is ready. A ConfigError of host/compile/ becomes findings with lines. */
  serve(config: LoadedConfig): Promise<void>;
  /** Instead, or after a rejection: ends what has been started. */
  abandon(): Promise<void>;
}
