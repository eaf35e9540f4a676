// What a route does to the messages that take it. The functions return false when the head or the scratch area has no room:
// then the message must not be sent.
import { applyHeaderOps } from './header_ops';
import { rewriteHost, rewritePath } from './rewrite';
import { Rewrite, Route } from './route';

/** request_headers_to_add / _remove of all levels. */
export function routeRequestHeaders(route: usize, head: usize): bool {
  return applyHeaderOps(changetype<Route>(route).requestHeaders, head);
}

/** response_headers_to_add / _remove of all levels. */
export function routeResponseHeaders(route: usize, head: usize): bool {
  return applyHeaderOps(changetype<Route>(route).responseHeaders, head);
}

/** Host and path rewrites, after the header operations. With `suppressEnvoyHeaders` no x-envoy-original-host and -path. */
export function routeRewrite(route: usize, head: usize, suppressEnvoyHeaders: bool): bool {
  const rewrite: usize = changetype<Route>(route).rewrite;
  if (!rewrite) return true;
  const rw = changetype<Rewrite>(rewrite);
  return rewriteHost(rw, head, !suppressEnvoyHeaders) && rewritePath(rw, head, !suppressEnvoyHeaders);
}
