// socket_options of a listener or of a bind configuration.
import type { envoy } from '../../proto/generated/api.js';
import { finding, type Finding } from '../config/finding.js';
import { indexPath } from '../config/path.js';
import { SOCKET_OPTION_MAX, type SocketOption, type SocketState } from '../io/socket.js';

type Message = envoy.config.core.v3.SocketOption;

const STATES: readonly SocketState[] = ['prebind', 'bound', 'listening']; // SocketOption.SocketState

function valueOf(option: Message): Uint8Array {
  if (option.value === 'buf_value') return option.buf_value;
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, Number(option.int_value), true);
  return bytes;
}

export function readSocketOptions(options: readonly Message[], path: string, findings: Finding[]): SocketOption[] {
  return options.map((option, i) => {
    const value = valueOf(option);
    if (value.length > SOCKET_OPTION_MAX) {
      findings.push(
        finding('WEFT1407', indexPath(path, i), 'the value of a socket option is too long', {
          value: value.length,
          allowed: `at most ${SOCKET_OPTION_MAX} bytes`,
        }),
      );
    }
    return { level: Number(option.level), name: Number(option.name), value, state: STATES[option.state] };
  });
}
