// Templates written for Istio start programs by these names; a link of that name to bin/weft is that command.
import { basename } from 'node:path';

const COMMANDS: ReadonlyMap<string, string> = new Map([
  ['istio-iptables', 'iptables'],
  ['envoy', 'proxy'],
]);

/** The arguments with the command that the program's name stands for. `argv`: as in `process.argv`. */
export function calledAs(argv: readonly string[]): string[] {
  const command = COMMANDS.get(basename(argv[1] ?? ''));
  return command === undefined ? argv.slice(2) : [command, ...argv.slice(2)];
}
