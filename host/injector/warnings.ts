// What is allowed and probably not meant.
import { unknownAnnotations, ANNOTATIONS } from './annotations.js';
import { applicationContainers, own } from './pod.js';
import type { Container, Pod } from './pod.js';
import type { Settings } from './settings.js';
import type { InjectorValues } from './values.js';

export function podWarnings(pod: Pod, settings: Settings, values: InjectorValues): string[] {
  return [
    ...unknownAnnotations(pod),
    ...dnsPolicy(pod),
    ...runToCompletion(pod, settings),
    ...sameUser(pod, settings, values),
    ...(own(pod.metadata?.annotations, ANNOTATIONS.kubevirtInterfaces.name) === undefined
      ? []
      : [
          `The annotation ${ANNOTATIONS.kubevirtInterfaces.name} is deprecated; its new name is ${ANNOTATIONS.rerouteVirtualInterfaces.name}.`,
        ]),
  ];
}

function dnsPolicy(pod: Pod): string[] {
  const policy = pod.spec?.dnsPolicy;
  if (policy === undefined || policy === null || policy === '' || policy === 'ClusterFirst') return [];
  return [`The Pod's dnsPolicy is ${policy}; with another than ClusterFirst the proxy may not find its control plane.`];
}

function runToCompletion(pod: Pod, settings: Settings): string[] {
  const policy = pod.spec?.restartPolicy;
  if (settings.isNative || (policy !== 'Never' && policy !== 'OnFailure')) return [];
  return [
    `The Pod runs to completion (restartPolicy: ${policy}) and its sidecar does not: without ${ANNOTATIONS.nativeSidecar.name}: "true" the application must end with a POST to http://127.0.0.1:${settings.statusPort}/quitquitquit.`,
  ];
}

/** Redirection tells the proxy from the application by its user and its group. */
function sameUser(pod: Pod, settings: Settings, { proxy }: InjectorValues): string[] {
  if (settings.mode === 'NONE') return [];
  const runsAs = (field: 'runAsUser' | 'runAsGroup', { securityContext }: Container): unknown =>
    securityContext?.[field] ?? pod.spec?.securityContext?.[field];
  const past = "which is the proxy's: its traffic goes past the proxy";
  return applicationContainers(pod.spec?.containers).flatMap((container) => [
    ...(runsAs('runAsUser', container) === proxy.uid
      ? [`The container ${container.name} runs as user ${proxy.uid}, ${past}.`]
      : []),
    ...(runsAs('runAsGroup', container) === proxy.gid
      ? [`The container ${container.name} runs in group ${proxy.gid}, ${past}.`]
      : []),
  ]);
}
