// Small bootstraps around one fragment of YAML, for asking whether a configuration is accepted.

const TYPE = 'type.googleapis.com/envoy.extensions.filters';
const HCM = `${TYPE}.network.http_connection_manager.v3.HttpConnectionManager`;
const TCP_PROXY = `${TYPE}.network.tcp_proxy.v3.TcpProxy`;
const ROUTER = `- {name: router, typed_config: {"@type": ${TYPE}.http.router.v3.Router}}`;
const ANY_ROUTE = '- {match: {prefix: /}, route: {cluster: a}}';

const indent = (text: string, columns: number): string => text.trimEnd().replace(/^/gm, ' '.repeat(columns));

const cluster = (fields: string): string => `static_resources:
  clusters:
  - name: a
${indent(fields, 4)}
`;

const listener = (fields: string): string => `static_resources:
  listeners:
  - name: l
${indent(fields, 4)}
  clusters:
  - {name: a, type: STATIC}
`;

const network = (typeUrl: string, fields: string): string =>
  listener(`address: {socket_address: {address: 127.0.0.1, port_value: 0}}
filter_chains:
- filters:
  - name: f
    typed_config:
      "@type": ${typeUrl}
${indent(fields, 6)}`);

const hcm = (
  fields: string,
  filters = ROUTER,
  hosts = `- name: v\n  domains: ["*"]\n  routes:\n  ${ANY_ROUTE}`,
): string =>
  network(
    HCM,
    `stat_prefix: x\n${fields}\nhttp_filters:\n${indent(filters, 2)}\nroute_config:\n  virtual_hosts:\n${indent(hosts, 2)}`,
  );

/** From the kind of a fragment to the whole bootstrap. */
export const BOOTSTRAP_OF: Readonly<Record<string, (fragment: string) => string>> = {
  bootstrap: (text) => text,
  json: (text) => text,
  static_cluster: (fields) => cluster(`type: STATIC\n${fields}`),
  cluster,
  listener,
  address: (address) =>
    listener(
      `address: ${address.trim()}\nfilter_chains:\n- filters:\n  - name: t\n    typed_config: {"@type": ${TCP_PROXY}, stat_prefix: x, cluster: a}`,
    ),
  filter_chains: (chains) =>
    listener(`address: {socket_address: {address: 127.0.0.1, port_value: 0}}\nfilter_chains:\n${indent(chains, 0)}`),
  network_filter: (filter) =>
    listener(
      `address: {socket_address: {address: 127.0.0.1, port_value: 0}}\nfilter_chains:\n- filters:\n${indent(filter, 4)}`,
    ),
  tcp_proxy: (fields) => network(TCP_PROXY, `stat_prefix: x\n${fields}`),
  typed_config: (any) =>
    listener(`address: {socket_address: {address: 127.0.0.1, port_value: 0}}
filter_chains:
- filters:
  - name: f
    typed_config:
${indent(any, 6)}`),
  hcm: (fields) => hcm(fields),
  http_filters: (filters) => hcm('', filters),
  virtual_hosts: (hosts) => hcm('', ROUTER, hosts),
  virtual_host: (fields) => hcm('', ROUTER, `- name: v\n  domains: ["*"]\n${indent(fields, 2)}`),
  routes: (routes) => hcm('', ROUTER, `- name: v\n  domains: ["*"]\n  routes:\n${indent(routes, 2)}`),
};
