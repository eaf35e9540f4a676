// An application that knows of no proxy: HTTP on the first port; the second greets first and then answers a line with itself.
import { createServer as createHttp } from 'node:http';
import { createServer } from 'node:net';

const [http, serverFirst] = process.argv.slice(2).map(Number);

createHttp((request, response) => {
  const { remoteAddress, localAddress } = request.socket;
  response.end(`http ${localAddress} ${remoteAddress}\n`);
}).listen(http, '::', () => {
  createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.write('220 welcome\n');
    socket.on('data', (bytes) => socket.end(`you said ${bytes}`));
  }).listen(serverFirst, '::', () => console.log('ready'));
});
