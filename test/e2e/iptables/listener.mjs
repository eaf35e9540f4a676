// A stand-in for the proxy: says to each connection which port it came to and where it was going, as one line of JSON, and counts.
// `node listener.mjs [--transparent] PORT...`
import { createServer } from 'node:net';
import { formatAddress } from '../../../dist/host/io/address.js';
import { originalDestination } from '../../../dist/host/io/original_destination.js';
import { localAddress, openListener } from '../../../dist/host/io/socket.js';

const words = process.argv.slice(2);
const transparent = words.includes('--transparent');
for (const port of words.filter((word) => /^\d+$/.test(word)).map(Number)) {
  for (const family of ['ipv4', 'ipv6']) {
    const fd = openListener({ family, address: family === 'ipv4' ? '0.0.0.0' : '::', port }, { transparent });
    const server = createServer((socket) => {
      const { fd } = socket._handle;
      const original = originalDestination(fd);
      const local = localAddress(fd);
      const line = { port, local: formatAddress(local), original: original && formatAddress(original) };
      socket.on('error', () => {});
      socket.end(`${JSON.stringify(line)}\n`);
    });
    server.listen({ fd });
  }
}
process.stdout.write('ready\n');
