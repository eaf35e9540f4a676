// An application that knows of no sidecar: what it is asked, by whom, and a metric.
import { createServer } from 'node:http';

createServer((request, response) => {
  const from = request.socket.remoteAddress.replace('::ffff:', '');
  if (request.url === '/metrics') return response.end('# TYPE app_orders counter\napp_orders 7\n');
  if (request.url === '/dead') response.statusCode = 503;
  return response.end(JSON.stringify({ from, url: request.url, host: request.headers.host }));
}).listen(8080, () => console.log('listens'));
