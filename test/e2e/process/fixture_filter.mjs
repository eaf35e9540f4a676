// Preloaded into `weft proxy` (NODE_OPTIONS=--import): makes one asynchronous HTTP filter known, in control and in the workers.
import { EXTENSIONS, SUPPORT } from '../../../dist/host/config/support.js';
import { HTTP_FILTERS } from '../../../dist/host/filter/http/registry.js';

const PLACE = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter.typed_config';
EXTENSIONS[PLACE].push('google.protobuf.Struct');
for (const name of ['Struct', 'Value', 'ListValue']) SUPPORT[`google.protobuf.${name}`] = { acted: '*' };

HTTP_FILTERS.set('google.protobuf.Struct', {
  read: (message) => Number(message.fields.delay_ms.number_value),
  create: (delayMs) => ({
    async onRequestHead(stream) {
      const path = stream.request.get(':path');
      if (path === '/at-once') return 'continue';
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      if (path === '/throws') throw new Error('thrown by a filter');
      if (path === '/denied') {
        stream.reply({ status: 403, body: 'not you', headers: [['x-denied-by', 'filter']] });
        return 'reply';
      }
      stream.request.set('x-filtered', 'yes');
      return 'continue';
    },
    async onResponseHead(stream) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      stream.response.set('x-seen', stream.response.get(':status'));
      return 'continue';
    },
  }),
});
