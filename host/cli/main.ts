// What bin/weft runs. The proxy's own parts are loaded only when it is to run.
import type { Finding } from '../config/finding.js';
import { runCli } from './run_cli.js';
import { weftVersion } from './version.js';

const code = await runCli(process.argv.slice(2), {
  compile: (): readonly Finding[] => [],
  async serve(options, { decoded }) {
    if (decoded === undefined) throw new Error('a configuration that could not be read was to be served');
    const { runProxy } = await import('../main.js');
    await runProxy({ options, decoded, version: weftVersion() });
  },
});
// A proxy that failed to start may have left threads behind.
if (code !== undefined) process.exit(code);
