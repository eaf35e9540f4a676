// `npm run test:envoy`: the differential run against real Envoy alone; refuses to pass where there is no Envoy.
process.env['WEFT_REQUIRE_ENVOY'] = '1';
process.argv.splice(2, 0, 'test/differential/envoy');
await import('./test.mjs');
