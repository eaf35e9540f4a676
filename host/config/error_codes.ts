// Every code that weft prints, with what it means: `weft help WEFT1101` and docs/errors.md are made of this table.

export interface ErrorCode {
  readonly title: string;
  readonly explanation: string;
}

const CODES = {
  // 10xx: the input cannot be read.
  WEFT1001: {
    title: 'The file cannot be read',
    explanation:
      'The file that was named does not exist, is a directory or may not be read by this user. The text of the operating system follows. Exit status 65.',
  },
  WEFT1002: {
    title: 'The text is not YAML or JSON',
    explanation:
      'The parser met text that has no meaning at the position shown. Often an indentation, a missing quote around a value that begins with @, `, % or {, or a tab. Exit status 65.',
  },
  WEFT1003: {
    title: 'A key stands twice in one map',
    explanation:
      'YAML wants the keys of a map to differ. Envoy takes the last one in silence; weft does not guess which of the two was meant. Delete one.',
  },
  WEFT1004: {
    title: 'The document is nested too deeply or grows too large',
    explanation:
      'A configuration may be nested 100 levels deep, as in protobuf, and may have at most one million messages after its YAML aliases are followed, so that a small file cannot fill the memory.',
  },
  WEFT1005: {
    title: 'The document is not a map',
    explanation:
      'An Envoy bootstrap is a map of fields such as `static_resources:` and `admin:`. An empty file, a list or a lone word is none.',
  },

  // 11xx: the document does not have the shape of the message.
  WEFT1101: {
    title: 'Unknown field',
    explanation:
      'The message at this place has no such field in the API of Envoy 1.40. Fields are written in snake_case or lowerCamelCase. Look for a typing error, a wrong indentation (the field belongs one level up or down) or a field of another API version.',
  },
  WEFT1102: {
    title: 'Wrong type',
    explanation:
      'The field wants another kind of value: a map where a text stands, a number where a list stands. In YAML an unquoted 5, yes or null is not text: put it in quotes where text is wanted.',
  },
  WEFT1103: {
    title: 'Unknown enum value',
    explanation: 'The field takes one of a fixed list of names (or their numbers). The list is shown.',
  },
  WEFT1104: {
    title: 'Two members of a oneof',
    explanation: 'Only one of these fields may be set in one message. Delete all but one.',
  },
  WEFT1105: {
    title: 'The number does not fit its type',
    explanation:
      'The number is negative where the type has no sign, has a fraction where the type is whole, or is larger than the type holds. 64-bit values above 2^53-1 are refused too: weft keeps numbers as JavaScript does.',
  },
  WEFT1106: {
    title: 'Bad duration',
    explanation:
      'A duration is a decimal number of seconds followed by `s`, with at most nine digits after the point: 5s, 0.25s, 90s. Envoy knows no ms, m or h, and refuses negative ones.',
  },
  WEFT1107: {
    title: 'The text cannot be decoded',
    explanation: 'The field holds base64 bytes, an RFC 3339 time stamp or a field mask, and the text is none.',
  },
  WEFT1108: {
    title: 'An Any without its type',
    explanation:
      'The configuration of an extension names its message in the key "@type" (in quotes), for example "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router.',
  },
  WEFT1109: {
    title: 'Unknown type URL',
    explanation:
      'No message of this name exists in the API of Envoy 1.40. Version 2 names (envoy.config.filter…v2) ended years ago.',
  },
  WEFT1110: {
    title: 'A field is given twice',
    explanation:
      'The same field stands in snake_case and in lowerCamelCase. Which one Envoy takes depends on the order of a hash map; weft refuses to guess.',
  },

  // 12xx: the API's own rules (validate.rules).
  WEFT1201: { title: 'A required field is missing', explanation: 'The API marks this field as required.' },
  WEFT1202: { title: 'Outside the allowed range', explanation: 'The API limits this value; the limits are shown.' },
  WEFT1203: {
    title: 'Wrong length',
    explanation: 'The API limits the length of this text; often it may not be empty.',
  },
  WEFT1204: {
    title: 'Wrong format',
    explanation:
      'The text must match the pattern shown, or be a valid address, host name, URI, header name or header value.',
  },
  WEFT1205: { title: 'Not one of the allowed values', explanation: 'The API allows, or forbids, the values shown.' },
  WEFT1206: {
    title: 'Too few or too many items',
    explanation: 'The API limits the number of items of this list or map.',
  },
  WEFT1207: { title: 'Items are not unique', explanation: 'The items of this list must differ from each other.' },
  WEFT1208: {
    title: 'One of these fields is required',
    explanation: 'The message needs exactly one of the fields shown, and none is set.',
  },

  // 13xx: Envoy has it, weft does not act on it.
  WEFT1301: {
    title: 'A field that weft does not act on yet',
    explanation:
      "The field is in Envoy's API and has no effect in weft yet. It is refused, because ignoring it in silence would run something else than what was written. `--unsupported-fields warn` logs it instead and runs without it. The README lists what is acted on.",
  },
  WEFT1302: {
    title: 'An extension that weft does not have yet',
    explanation:
      'The extension is in Envoy and not in weft, or not at this place. `--unsupported-fields warn` leaves it out and logs that.',
  },
  WEFT1303: {
    title: 'An enum value that weft does not act on yet',
    explanation:
      "The value is in Envoy's API and has no effect in weft yet. `--unsupported-fields warn` takes the default instead and logs that.",
  },
  WEFT1304: {
    title: 'Refused always: it decides who may pass',
    explanation:
      'Authentication, authorization, TLS validation and match conditions decide who may pass. Running without them would open a door, so weft refuses them in every mode until it can act on them.',
  },
  WEFT1305: { title: 'A deprecated field', explanation: 'Envoy will drop this field. It still works: a warning only.' },
  WEFT1306: {
    title: 'A field that Envoy no longer allows',
    explanation: 'Envoy 1.40 refuses this deprecated field by default, and so does weft.',
  },

  // 14xx: each field is right, the whole is not (host/compile/).
  WEFT1401: { title: 'Unknown cluster', explanation: 'A route or filter names a cluster that is not configured.' },
  WEFT1402: {
    title: 'A name is used twice',
    explanation:
      'Clusters, listeners and virtual hosts have unique names, an address belongs to one listener and a domain to one virtual host only.',
  },
  WEFT1403: {
    title: 'Bad regular expression',
    explanation: 'Regular expressions have RE2 syntax: no look-around and no back references.',
  },
  WEFT1404: {
    title: 'Bad address',
    explanation: 'A socket address is an IP address (a name only in STRICT_DNS and LOGICAL_DNS clusters) and a port.',
  },
  WEFT1405: {
    title: 'Options that contradict each other',
    explanation: 'Each of the values is allowed, but not together. The message says which and why.',
  },
  WEFT1406: {
    title: 'The filter chain has the wrong order',
    explanation: 'The last HTTP filter is the router, and it stands once; the last network filter is a terminal one.',
  },
  WEFT1407: {
    title: 'A limit of weft is exceeded',
    explanation: 'The compiled form of this part is larger than weft allows; the limit is shown.',
  },
  WEFT1408: {
    title: 'Bad header',
    explanation: 'A header name or value that may not be matched, set or removed, as in Envoy.',
  },
  WEFT1409: {
    title: 'Bad format string',
    explanation: 'An access-log format names an operator that does not exist, or its parentheses do not match.',
  },
  WEFT1410: {
    title: 'A value that Envoy refuses',
    explanation: 'The API has no rule for it, but Envoy refuses this value when it builds the configuration.',
  },
  WEFT1411: {
    title: 'A secret that cannot be used',
    explanation:
      'A certificate or key that cannot be read, a key that does not belong to its certificate, or a secret that nobody has. Neither the value nor any part of it is shown. A certificate that has expired, or is not valid yet, is a warning.',
  },

  // 15xx: the process cannot start or run.
  WEFT1501: {
    title: 'Cannot listen',
    explanation: 'The address is in use, is not of this machine or may not be bound by this user. Exit status 1.',
  },
  WEFT1502: {
    title: 'The platform is not supported',
    explanation: 'weft needs Linux (x64, arm64) and Node 20.20. Exit status 70.',
  },
  WEFT1503: {
    title: 'A file cannot be opened for writing',
    explanation: 'A log, access log or address file cannot be created. The text of the operating system follows.',
  },
  WEFT1504: {
    title: 'A resource could not be applied',
    explanation:
      'No rule refused it, but something failed while it was put in place: memory for tables, or a fault of weft. The log has more. What served before serves on.',
  },
  WEFT1510: {
    title: 'A bad environment variable',
    explanation:
      'A sidecar is told about its Pod by environment variables, most of which the injector writes. The message names the variable, its value and what is allowed. Exit status 1.',
  },
  WEFT1511: {
    title: 'The sidecar does not answer as it should',
    explanation:
      '`weft wait` and `weft request` ask the sidecar of the same Pod. It does not run yet, or its answer says what it waits for. Exit status 1.',
  },

  WEFT1512: {
    title: 'Not served by weft dev',
    explanation:
      '`weft dev` serves resources of xDS: listeners, clusters, endpoints, route configurations and the like. docs/xds.md says what its files may hold.',
  },

  // 16xx: the command line. Exit status 2.
  WEFT1601: { title: 'Unknown option or command', explanation: 'See `weft help` for what there is.' },
  WEFT1602: { title: 'Bad value of an option', explanation: 'The option takes what the message says.' },
  WEFT1603: { title: 'An argument is missing', explanation: 'The command needs the argument that the message names.' },

  // 17xx: a fault of weft itself. Exit status 70.
  WEFT1701: {
    title: 'Internal error',
    explanation: 'This is a fault of weft, not of the configuration. Please report it with the text shown.',
  },

  // 18xx: injection (`weft inject`, `weft uninject`, `weft injector`).
  WEFT1801: {
    title: 'A Pod is refused: an annotation has a bad value',
    explanation:
      'Annotations such as traffic.sidecar.istio.io/excludeOutboundPorts change the sidecar of a Pod. Each has a grammar, shown as what is allowed; docs/injection.md lists them all. Nothing is injected until the value is right: a wrong one would end in a command line.',
  },
  WEFT1802: {
    title: 'A Pod is refused: a container listens on a port of the sidecar',
    explanation:
      'All containers of a Pod share one network. The sidecar takes 15000, 15001, 15004, 15006, 15008, 15020, 15021, 15053 and 15090; one of the two would not start. Give the application another port.',
  },
  WEFT1803: {
    title: 'A Pod is refused: it has not the shape of a Pod',
    explanation:
      'A field that the injector reads is of the wrong kind. The path says which, and what is allowed there.',
  },
  WEFT1804: {
    title: 'A Pod is refused: a template or an override does not fit',
    explanation:
      'A template of the values failed or made no Pod, or a container of the Pod bears the name of one that is injected and stands in the wrong list.',
  },
  WEFT1805: {
    title: 'The values of the injector are wrong',
    explanation:
      'A value of the file given by --values has a name or a form that does not exist. All errors of the file are shown at once, each with its line and what is allowed.',
  },
  WEFT1806: {
    title: 'The sidecar cannot be taken out',
    explanation:
      'The Pod has a sidecar, but the annotation with what it was before is missing or cannot be read. Take the sidecar out by hand, or apply the original manifest.',
  },
  WEFT1807: {
    title: 'The injector finds no Kubernetes API',
    explanation:
      'Without --tls-cert-file the injector keeps its own authority in a Secret, and for that it needs the API server: the service account of its Pod, $KUBECONFIG or --kubeconfig. The text that follows says what is wrong with that. Exit status 1.',
  },

  // 19xx: `weft iptables`. Exit status 1, of a failed validation 126.
  WEFT1901: {
    title: 'Not allowed to change the rules',
    explanation:
      'Packet-filter rules are changed by a process with the capability NET_ADMIN in its network namespace. In Kubernetes the init container gets it by `securityContext.capabilities.add: [NET_ADMIN, NET_RAW]`; where a policy forbids that, a CNI plugin sets the rules up and `--skip-rule-apply --run-validation` proves them. Nothing was changed.',
  },
  WEFT1902: {
    title: 'A program is missing',
    explanation:
      'Rules are applied by iptables-restore (and ip6tables-restore), or by nft with `--native-nftables`. The image has to contain them. Nothing was changed.',
  },
  WEFT1903: {
    title: 'Other rules are in place',
    explanation:
      'Rules of an earlier run differ from what these options ask for; the differences are listed. `--reconcile` replaces them, with everything dropped meanwhile; `--cleanup-only` removes them. Nothing was changed.',
  },
  WEFT1904: {
    title: 'The rules could not be applied',
    explanation:
      "The program's own words follow, with the line it names. A table changes as a whole or not at all, and a first run that fails removes what it made. Where rules were being replaced, traffic stays dropped until a run succeeds or `--cleanup-only` lifts it. Often the kernel lacks a module: try `--force-iptables-binary legacy` or `nft`.",
  },
  WEFT1905: {
    title: 'The redirect does not work',
    explanation:
      'A connection to the probe port was to arrive at the proxy’s port, with its original destination, and did not. Where a CNI plugin sets the rules up, the Pod was started before the plugin was ready on its node: delete the Pod. Exit status 126.',
  },
  WEFT1906: {
    title: 'The network namespace cannot be entered',
    explanation:
      'The name or path of `--network-namespace` does not exist, is none, or may not be entered (that needs the capability SYS_ADMIN).',
  },
} as const;

export type FindingCode = keyof typeof CODES;

export const ERROR_CODES: Readonly<Record<FindingCode, ErrorCode>> = CODES;
