// The names under which the API server and others look for the webhook.

/** The API server asks for SERVICE.NAMESPACE.svc, whatever the domain of the cluster is. */
export function serviceNames(service: string, namespace: string): string[] {
  return [
    `${service}.${namespace}.svc`,
    `${service}.${namespace}.svc.cluster.local`,
    `${service}.${namespace}`,
    service,
  ];
}
