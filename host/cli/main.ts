// What bin/weft runs. The proxy's own parts are loaded only when it is to run.
import { calledAs } from './called_as.js';
import { runCli } from './run_cli.js';
import { weftVersion } from './version.js';

const code = await runCli(calledAs(process.argv), {
  async compiler() {
    const [{ checkConfiguration }, { compileCore, createMemory, loadCore }] = await Promise.all([
      import('../control/configuration.js'),
      import('../core/load.js'),
    ]);
    const core = loadCore(createMemory(), compileCore());
    return (bootstrap) => checkConfiguration(bootstrap, core);
  },
  async prepare(options) {
    const proxy = (await import('../main.js')).prepare(options, weftVersion());
    return {
      async serve({ decoded }) {
        if (decoded === undefined) throw new Error('a configuration that could not be read was to be served');
        await proxy.run(decoded);
      },
      abandon: () => proxy.abandon(),
    };
  },
});
if (code !== undefined) process.exit(code);
