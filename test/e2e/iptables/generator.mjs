// Opens connections to ADDRESS:PORT for as long as it lives, about one every 2 ms, and prints how many it has tried.
import { createConnection } from 'node:net';

const [host, port] = process.argv.slice(2);
let tried = 0;
setInterval(() => {
  tried++;
  const socket = createConnection({ host, port: Number(port) });
  socket.on('error', () => {});
  socket.on('data', () => socket.destroy());
  setTimeout(() => socket.destroy(), 500);
}, 2);
setInterval(() => process.stdout.write(`${tried}\n`), 50);
