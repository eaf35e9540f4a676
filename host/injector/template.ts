// The built-in template: what is laid over a Pod, as objects. No text is pasted into text here, so that no value can turn
// into structure. The shape is that of Istio's injection template, which its tools and dashboards expect.
import { initContainer } from './init_container.js';
import { injectedAnnotations, injectedLabels } from './metadata.js';
import type { Container, Pod, PodSpec, Workload } from './pod.js';
import { proxyContainer } from './proxy_container.js';
import type { Settings } from './settings.js';
import type { InjectorValues } from './values.js';
import { volumes } from './volumes.js';

export interface TemplateInput {
  /** The Pod before injection. */
  readonly pod: Pod;
  readonly namespace: string;
  readonly workload: Workload | undefined;
  readonly settings: Settings;
  readonly values: InjectorValues;
  readonly clusterId: string;
  /** The Pod's own label first, then the webhook's path, then the values. */
  readonly network: string | undefined;
  /** From the webhook's path. */
  readonly environment: readonly (readonly [string, string])[];
}

export function sidecarTemplate(input: TemplateInput): Pod {
  const { settings, values } = input;
  const init = initContainer(settings, values);
  const proxy = proxyContainer(input);
  const initContainers = [...(init === undefined ? [] : [init]), ...(settings.isNative ? [proxy] : [])];
  const spec: PodSpec = {
    ...(initContainers.length === 0 ? {} : { initContainers }),
    ...(settings.isNative ? {} : { containers: [proxy] as Container[] }),
    volumes: volumes(settings, values),
    ...(values.imagePullSecrets.length === 0
      ? {}
      : { imagePullSecrets: values.imagePullSecrets.map((name) => ({ name })) }),
  };
  return { metadata: { labels: injectedLabels(input), annotations: injectedAnnotations(input) }, spec };
}
