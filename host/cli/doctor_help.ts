// The help of `weft doctor`.

export function doctorHelp(): string {
  return `Examples:
  weft doctor                          beside a running sidecar
  weft doctor --pre                    before it starts, in an init container
  weft doctor -i '*' -b '*'            are these the rules that stand there?
  weft doctor -o json

Usage: weft doctor [--pre] [-o text|json] [OPTIONS of weft iptables]

Looks at the kernel, limits, the clock, connection tracking, the right to change rules,
the programs that do, the rules, the sidecar's ports, certificates, tokens, names and the
control plane. Where something is not well, it says what to do. With --pre the reasons
also become the termination message of the container.

Exit codes: 0 nothing has failed (there may be warnings), 1 something has, 2 wrong options.
`;
}
