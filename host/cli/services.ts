// What the composition root gives to the commands.
import type { CompileCheck, LoadedConfig } from './load_config.js';
import type { ProxyOptions } from './proxy_options.js';

export interface CliServices {
  /** Loads what `validate` compiles with. */
  compiler(): Promise<CompileCheck>;
  /** Serves; resolves when the proxy is ready. A ConfigError of host/compile/ becomes findings with lines. */
  serve(options: ProxyOptions, config: LoadedConfig): Promise<void>;
}
