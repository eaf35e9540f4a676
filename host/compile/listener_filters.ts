// envoy.config.listener.v3.ListenerFilter -> ListenerFilterModel. Findings are added, never thrown.
import {
  PROXY_ALLOWS_NONE,
  PROXY_NO_V1,
  PROXY_NO_V2,
  STEP_HTTP_INSPECTOR,
  STEP_ORIGINAL_DST,
  STEP_ORIGINAL_SRC,
  STEP_PROXY_PROTOCOL,
  STEP_TLS_INSPECTOR,
  TLS_CLOSES_ON_ERROR,
} from '../../assembly/abi.js';
import type { envoy } from '../../proto/generated/api.js';
import { finding, type Finding } from '../config/finding.js';
import { anyTypeName, unpackAny, wrapped } from '../config/message.js';
import { fieldPath, indexPath } from '../config/path.js';
import { readPredicate, type PredicateModel } from './listener_predicate.js';

type Listener = envoy.config.listener.v3.Listener;
type ListenerFilter = envoy.config.listener.v3.ListenerFilter;

export interface ListenerFilterModel {
  readonly kind: number; // STEP_*
  readonly flags: number; // of its kind
  /** tls_inspector: the longest ClientHello in bytes. original_src: SO_MARK of the sockets upstream, 0 = none. */
  readonly limit: number;
  /** proxy_protocol: stat_prefix. */
  readonly statPrefix: string;
  /** filter_disabled: the connections for which it is left out. */
  readonly disabled: PredicateModel | undefined;
}

const PACKAGE = 'envoy.extensions.filters.listener';
const ORIGINAL_DST = `${PACKAGE}.original_dst.v3.OriginalDst`;
const ORIGINAL_SRC = `${PACKAGE}.original_src.v3.OriginalSrc`;
const TLS_INSPECTOR = `${PACKAGE}.tls_inspector.v3.TlsInspector`;
const HTTP_INSPECTOR = `${PACKAGE}.http_inspector.v3.HttpInspector`;
const PROXY_PROTOCOL = `${PACKAGE}.proxy_protocol.v3.ProxyProtocol`;

const CLIENT_HELLO_MAX = 16 * 1024;

interface TlsInspector {
  close_connection_on_client_hello_parsing_errors: boolean;
  max_client_hello_size: { value: number } | null;
}

interface ProxyProtocol {
  allow_requests_without_proxy_protocol: boolean;
  disallowed_versions: readonly number[]; // core.v3.ProxyProtocolConfig.Version: 0 = V1, 1 = V2
  stat_prefix: string;
}

const PLAIN = { flags: 0, limit: 0, statPrefix: '', disabled: undefined };

type Part = Pick<ListenerFilterModel, 'kind'> & Partial<ListenerFilterModel>;

export function readListenerFilters(listener: Listener, path: string, findings: Finding[]): ListenerFilterModel[] {
  const at = fieldPath(path, 'listener_filters');
  const filters = listener.listener_filters.flatMap(
    (filter, i) => readFilter(filter, indexPath(at, i), findings) ?? [],
  );
  // As Envoy: who hands over needs to know where to, and asks last where nobody has asked before.
  const restores = filters.some(({ kind }) => kind === STEP_ORIGINAL_DST);
  if (wrapped(listener.use_original_dst, false) && !restores) filters.push({ ...PLAIN, kind: STEP_ORIGINAL_DST });
  return filters;
}

function readFilter(filter: ListenerFilter, path: string, findings: Finding[]): ListenerFilterModel | undefined {
  const part = readPart(filter);
  if (part?.kind === STEP_PROXY_PROTOCOL) refuseNothing(part, path, findings);
  if (part) {
    const disabled = filter.filter_disabled ? readPredicate(filter.filter_disabled) : undefined;
    return { ...PLAIN, ...part, disabled };
  }
  const allowed = [ORIGINAL_DST, ORIGINAL_SRC, TLS_INSPECTOR, HTTP_INSPECTOR, PROXY_PROTOCOL].join(', ');
  const value = anyTypeName(filter.typed_config) || filter.name;
  const at = fieldPath(path, 'typed_config');
  findings.push(finding('WEFT1302', at, 'not a listener filter of weft', { value, allowed }));
  return undefined;
}

function refuseNothing({ flags = 0 }: Part, path: string, findings: Finding[]): void {
  if ((flags & PROXY_NO_V1) === 0 || (flags & PROXY_NO_V2) === 0) return;
  const at = fieldPath(fieldPath(path, 'typed_config'), 'disallowed_versions');
  findings.push(
    finding('WEFT1405', at, 'every version of the PROXY protocol is disallowed', { allowed: 'one of V1, V2' }),
  );
}

function readPart({ typed_config: any }: ListenerFilter): Part | undefined {
  const tls = unpackAny<TlsInspector>(any, TLS_INSPECTOR);
  if (tls) return readTlsInspector(tls);
  const proxy = unpackAny<ProxyProtocol>(any, PROXY_PROTOCOL);
  if (proxy) return readProxyProtocol(proxy);
  const source = unpackAny<{ mark: number }>(any, ORIGINAL_SRC);
  if (source) return { kind: STEP_ORIGINAL_SRC, limit: source.mark };
  if (unpackAny(any, HTTP_INSPECTOR)) return { kind: STEP_HTTP_INSPECTOR };
  return unpackAny(any, ORIGINAL_DST) ? { kind: STEP_ORIGINAL_DST } : undefined;
}

function readTlsInspector(tls: TlsInspector): Part {
  return {
    kind: STEP_TLS_INSPECTOR,
    flags: tls.close_connection_on_client_hello_parsing_errors ? TLS_CLOSES_ON_ERROR : 0,
    limit: tls.max_client_hello_size?.value ?? CLIENT_HELLO_MAX,
  };
}

function readProxyProtocol(proxy: ProxyProtocol): Part {
  const flags =
    (proxy.allow_requests_without_proxy_protocol ? PROXY_ALLOWS_NONE : 0) |
    (proxy.disallowed_versions.includes(0) ? PROXY_NO_V1 : 0) |
    (proxy.disallowed_versions.includes(1) ? PROXY_NO_V2 : 0);
  return { kind: STEP_PROXY_PROTOCOL, flags, statPrefix: proxy.stat_prefix };
}
