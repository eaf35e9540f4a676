// Which headers Envoy keeps as one value, so that its formatters show all of several of one name, joined by commas. Of the others they show the
// first. Asked of Envoy 1.40: every name sent twice, in a request and in a response.
const JOINED: ReadonlySet<string> = new Set(
  (
    'accept accept-encoding access-control-allow-headers access-control-allow-methods access-control-allow-origin ' +
    'access-control-expose-headers access-control-max-age access-control-request-headers access-control-request-method ' +
    'access-control-request-private-network age authorization cache-control content-encoding content-type etag expires ' +
    'grpc-accept-encoding grpc-message grpc-timeout if-match if-modified-since if-none-match if-range if-unmodified-since ' +
    'last-modified location origin pragma proxy-status referer te upgrade user-agent vary via x-client-trace-id ' +
    'x-envoy-attempt-count x-envoy-decorator-operation x-envoy-external-address x-forwarded-for x-forwarded-host ' +
    'x-forwarded-port x-forwarded-proto x-request-id'
  ).split(' '),
);

/** `name`: lower-case. */
export function isJoined(name: string): boolean {
  return JOINED.has(name);
}
