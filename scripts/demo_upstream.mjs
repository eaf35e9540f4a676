// A small upstream for the quick start: says who it is and what it was sent.
// usage: node scripts/demo_upstream.mjs NAME PORT
import { createServer } from 'node:http';

const [name, port] = process.argv.slice(2);

function describe(request, body) {
  const seen = { upstream: name, method: request.method, path: request.url, headers: request.headers };
  return `${JSON.stringify(body.length > 0 ? { ...seen, body } : seen, null, 2)}\n`;
}

const server = createServer((request, response) => {
  const pieces = [];
  request.on('data', (piece) => pieces.push(piece));
  request.on('end', () => {
    response.setHeader('content-type', 'application/json');
    response.setHeader('x-demo-upstream', name);
    response.end(describe(request, Buffer.concat(pieces).toString('utf8')));
  });
});

server.keepAliveTimeout = 60_000;
server.on('error', (error) => {
  process.stderr.write(`demo upstream ${name}: ${error.message}\n`);
  process.exit(1);
});
server.listen(Number(port), '127.0.0.1', () => process.stdout.write(`demo upstream ${name} on 127.0.0.1:${port}\n`));
process.on('SIGTERM', () => process.exit(0));
process.on('disconnect', () => process.exit(0)); // whoever started it is gone
