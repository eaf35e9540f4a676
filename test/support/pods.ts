// Pods at random: of the right shape, with names and fields that get in the injector's way.
import fc from 'fast-check';
import { ANNOTATIONS } from '../../host/injector/annotations.js';
import type { Pod } from '../../host/injector/inject.js';

const name = fc.constantFrom('app', 'web', 'helper', 'constructor', 'a-1', 'istio-data');
const labelName = fc.constantFrom(
  'app',
  'version',
  'constructor',
  '__proto__',
  'toString',
  'sidecar.istio.io/inject',
  'x/y',
);
const port = fc.constantFrom(80, 8080, 9000, 1, 65535);

const texts = fc.dictionary(labelName, fc.constantFrom('web', 'true', '', '1'), { maxKeys: 4 });
const other = fc.dictionary(
  fc.constantFrom('prometheus.io/port', 'prometheus.io/scrape', 'note', 'constructor'),
  fc.constantFrom('9090', 'true'),
);
const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null | undefined> =>
  fc.oneof(value, fc.constant(undefined), fc.constant(null));

const action = fc.oneof(
  fc.record({
    httpGet: fc.record(
      { path: fc.constant('/x'), port: fc.oneof(port, fc.constant('http')) },
      { requiredKeys: ['port'] },
    ),
  }),
  fc.record({ tcpSocket: fc.record({ port: fc.oneof(port, fc.constant('http')) }) }),
  fc.record({ grpc: fc.record({ port }) }),
  fc.record({ exec: fc.record({ command: fc.constant(['true']) }) }),
);
const probe = fc
  .tuple(action, fc.record({ timeoutSeconds: fc.nat(9), periodSeconds: fc.nat(9) }, { requiredKeys: [] }))
  .map(([a, b]) => ({ ...b, ...a }));

const container = (names: fc.Arbitrary<string>): fc.Arbitrary<object> =>
  fc.record(
    {
      name: names,
      image: fc.constant('app:1'),
      ports: optional(
        fc.uniqueArray(
          fc.record({ containerPort: port, name: fc.constantFrom('http', 'tcp') }, { requiredKeys: ['containerPort'] }),
          { maxLength: 3, selector: (each) => each.containerPort },
        ),
      ),
      env: optional(
        fc.array(fc.record({ name: fc.constantFrom('A', 'B', 'A'), value: fc.constantFrom('1', '$(A)') }), {
          maxLength: 3,
        }),
      ),
      readinessProbe: optional(probe),
      livenessProbe: optional(probe),
      startupProbe: optional(probe),
      lifecycle: optional(fc.record({ preStop: optional(action), postStart: optional(action) }, { requiredKeys: [] })),
      securityContext: optional(fc.record({ runAsUser: fc.constantFrom(0, 1337, 1000) }, { requiredKeys: [] })),
      volumeMounts: optional(
        fc.uniqueArray(fc.record({ name, mountPath: fc.constantFrom('/a', '/b') }), {
          maxLength: 2,
          selector: (each) => each.mountPath,
        }),
      ),
      restartPolicy: fc.constant('Always'),
    },
    { requiredKeys: ['name'] },
  );

/** Annotations of the injector's with values of their grammar. */
export const goodAnnotations = fc.record(
  {
    [ANNOTATIONS.excludeOutboundPorts.name]: fc.constantFrom('443', '1,2', ''),
    [ANNOTATIONS.includeInboundPorts.name]: fc.constantFrom('*', '', '8080'),
    [ANNOTATIONS.nativeSidecar.name]: fc.constantFrom('true', 'false'),
    [ANNOTATIONS.interceptionMode.name]: fc.constantFrom('REDIRECT', 'TPROXY', 'NONE'),
    [ANNOTATIONS.rewriteAppHTTPProbers.name]: fc.constantFrom('true', 'false'),
    [ANNOTATIONS.mergeMetrics.name]: fc.constantFrom('true', 'false'),
    [ANNOTATIONS.statusPort.name]: fc.constantFrom('0', '15020', '16020'),
    [ANNOTATIONS.userVolume.name]: fc.constantFrom('{"mine":{"emptyDir":{}}}'),
    [ANNOTATIONS.proxyConfig.name]: fc.constantFrom('holdApplicationUntilProxyStarts: true', '{}'),
  },
  { requiredKeys: [] },
);

const unique = (names: fc.Arbitrary<string>, maximum: number): fc.Arbitrary<object[]> =>
  fc.uniqueArray(container(names), { maxLength: maximum, selector: (each) => (each as { name: string }).name });

/** A Pod; `keepUndefined` is left out, as JSON does. */
export const pods: fc.Arbitrary<Pod> = fc
  .record(
    {
      apiVersion: fc.constant('v1'),
      kind: fc.constant('Pod'),
      metadata: optional(
        fc.record(
          {
            name,
            namespace: fc.constant('shop'),
            labels: optional(texts),
            annotations: optional(fc.tuple(other, goodAnnotations).map(([a, b]) => ({ ...a, ...b }))),
          },
          { requiredKeys: [] },
        ),
      ),
      spec: fc.record(
        {
          containers: optional(
            unique(fc.oneof({ weight: 6, arbitrary: name }, { weight: 1, arbitrary: fc.constant('istio-proxy') }), 3),
          ),
          initContainers: optional(
            unique(
              fc.oneof(
                { weight: 6, arbitrary: fc.constantFrom('init-a', 'init-b') },
                { weight: 1, arbitrary: fc.constant('istio-init') },
              ),
              2,
            ),
          ),
          volumes: optional(
            fc.uniqueArray(fc.record({ name, emptyDir: fc.constant({}) }), {
              maxLength: 2,
              selector: (each) => each.name,
            }),
          ),
          imagePullSecrets: optional(
            fc.uniqueArray(fc.record({ name }), { maxLength: 2, selector: (each) => each.name }),
          ),
          restartPolicy: fc.constantFrom('Always', 'Never'),
          nodeSelector: fc.constant({ a: 'b' }),
        },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: ['spec'] },
  )
  .map((pod) => JSON.parse(JSON.stringify(pod)) as Pod);
