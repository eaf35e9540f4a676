// A client of raw TCP: node client.mjs HOST PORT [TEXT…]. Sends each text when the one before has been answered by a line; without a text it
// waits to be spoken to. Prints what it has received, ends its side, and says how the other side ended.
import { connect } from 'node:net';

const [host, port, ...texts] = process.argv.slice(2);
const socket = connect({ host, port: Number(port) });
let received = '';
const next = () => {
  const text = texts.shift();
  if (text === undefined) socket.end();
  else socket.write(`${text}\n`);
};
socket.on('connect', () => {
  if (texts.length > 0) next();
});
socket.on('data', (piece) => {
  received += piece;
  if (received.endsWith('\n')) next();
});
socket.on('error', (error) => (received += `${error.code}\n`));
socket.on('close', () => process.stdout.write(received));
setTimeout(() => {
  process.stdout.write(`${received}silence\n`);
  process.exit(1);
}, 8000).unref();
