// tcpSocket: whoever accepts is well.
import { connect } from 'node:net';
import type { TcpSocket } from './app_probers.js';
import { failed, probeSource, type ProbeAnswer, type ProbeCall } from './probe.js';

export function probeTcp({ port }: TcpSocket, { target, signal }: ProbeCall): Promise<ProbeAnswer> {
  return new Promise((resolve) => {
    const socket = connect({ host: target, port, localAddress: probeSource(target) });
    socket.on('connect', () => {
      socket.destroy();
      resolve({ status: 200, body: '' });
    });
    socket.on('error', (error) => resolve(failed(error.message)));
    signal.addEventListener('abort', () => {
      socket.destroy();
      resolve(failed(String(signal.reason)));
    });
  });
}
