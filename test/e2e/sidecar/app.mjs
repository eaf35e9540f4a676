// An application that knows nothing of a sidecar: HTTP at 8080 and 8081, an echo at 9000 and 9100, and at 9001 a protocol in which the server
// speaks first. Each answer names who has asked, as the application sees it.
import { createServer as createHttp } from 'node:http';
import { createServer } from 'node:net';

const http = createHttp((request, response) => {
  const { remoteAddress, localAddress } = request.socket;
  const body = { from: plain(remoteAddress), to: plain(localAddress), url: request.url, headers: request.headers };
  const pieces = [];
  request.on('data', (piece) => pieces.push(piece));
  request.on('end', () => {
    const ms = Number(/^\/wait\/(\d+)$/.exec(request.url)?.[1] ?? 0);
    const text = JSON.stringify({ ...body, method: request.method, body: Buffer.concat(pieces).toString() });
    setTimeout(() => response.writeHead(200, { 'x-app': 'yes', server: 'app' }).end(text), ms);
  });
});
const echo = (socket) => {
  socket.on('data', (piece) => socket.write(`${plain(socket.remoteAddress)} ${piece}`));
  socket.on('end', () => socket.end());
  socket.on('error', () => {});
};
const greeter = (socket) => {
  socket.write(`220 ${plain(socket.remoteAddress)}\n`);
  socket.on('data', (piece) => socket.end(`250 ${piece}`));
  socket.on('error', () => {});
};

function plain(address) {
  return address.replace(/^::ffff:/, '');
}

const servers = [
  [http, 8080],
  [createHttp(http.listeners('request')[0]), 8081],
  [createServer({ allowHalfOpen: true }, echo), 9000],
  [createServer({ allowHalfOpen: true }, echo), 9100],
  [createServer(greeter), 9001],
];
for (const [server, port] of servers) await new Promise((resolve) => server.listen(port, '::', resolve));
process.stdout.write('the application listens\n');
