// The help of `weft iptables`, out of the table of its flags.
import { FLAGS, VARIABLES } from '../iptables/flags.js';

function flagRow([name, { short, value }]: [string, (typeof FLAGS)[keyof typeof FLAGS]]): string {
  const dash = short === undefined ? '    ' : `-${short}, `;
  return `${dash}--${name}${value === undefined ? '' : ` <${value}>`}`;
}

export function iptablesHelp(): string {
  const rows = [
    ...Object.entries(FLAGS)
      .filter(([name]) => name !== 'cni-mode')
      .map((entry) => [flagRow(entry), entry[1].help] as const),
    ['    --explain', 'as --dry-run, with the reason of each rule'] as const,
    ['    --as <uid[:gid]>, --inbound, --live', 'of trace: whose, which way, which rules'] as const,
  ];
  const width = Math.max(...rows.map(([flag]) => flag.length));
  return `Examples:
  weft iptables -p 15001 -z 15006 -u 1337 -m REDIRECT -i '*' -x '' -b '*' -d 15021
  weft iptables -i '*' -b '*' --explain          each rule with its reason; changes nothing
  weft iptables trace -i '*' -b '*' 10.0.0.7:80  what happens to one connection
  weft iptables --cleanup-only                   remove every trace

Usage: weft iptables [OPTIONS]    or, where weft is called so: istio-iptables [OPTIONS]

${rows.map(([flag, help]) => `${flag.padEnd(width)}  ${help}`).join('\n')}

Each flag is also a variable (ENVOY_PORT, ...). Without a flag: ${Object.keys(VARIABLES)[0]},
${Object.keys(VARIABLES).slice(1).join(', ')}.
Exit codes: 0 done, 1 not done, 2 wrong options, 126 --run-validation failed.
`;
}
