// Preloaded into `weft proxy` (NODE_OPTIONS=--import): an HTTP filter that asks a gRPC service, with the path as its question. The answer
// becomes a header of the request; without one the stream ends with a 503 that says why.
import { EXTENSIONS, SUPPORT } from '../../../dist/host/config/support.js';
import { HTTP_FILTERS } from '../../../dist/host/filter/http/registry.js';

const PLACE = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter.typed_config';
EXTENSIONS[PLACE].push('google.protobuf.Struct');
for (const name of ['Struct', 'Value', 'ListValue']) SUPPORT[`google.protobuf.${name}`] = { acted: '*' };
const ROUTES = 'envoy.config.route.v3.';
for (const place of Object.keys(EXTENSIONS)) {
  if (place.startsWith(ROUTES) && !EXTENSIONS[place].includes('google.protobuf.Struct')) {
    EXTENSIONS[place].push('google.protobuf.Struct');
  }
}

HTTP_FILTERS.set('google.protobuf.Struct', {
  read: ({ fields }, { path, asker }) =>
    asker({
      kind: 'grpc',
      service: { envoy_grpc: { cluster_name: fields.cluster.string_value, authority: '' }, initial_metadata: [] },
      path,
      method: '/test.Echo/Ask',
      timeoutMs: Number(fields.timeout_ms.number_value),
    }),
  phases: { request: true, response: false },
  perRoute: {
    typeName: 'google.protobuf.Struct',
    read: ({ fields }) => fields.word.string_value,
  },
  create: (asker) => ({
    async onRequestHead(stream) {
      stream.request.set('x-said', stream.routeConfigs().join(' '));
      try {
        const answer = await stream.ask(asker, Buffer.from(stream.request.get(':path')));
        stream.request.set('x-answer', Buffer.from(answer).toString('latin1'));
        stream.addResponseHeader(0, 'x-asked', 'yes');
        return 'continue';
      } catch (error) {
        stream.reply({ status: 503, body: `code ${error.code}` });
        return 'reply';
      }
    },
  }),
});
