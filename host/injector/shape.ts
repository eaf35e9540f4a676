// Whether an object from outside has the shape of a Pod, as far as the injector looks at it. The API server has decoded what it
// sends; a file, or whoever else reaches the webhook, has not.
import type { Problem } from './decision.js';
import { isFields, isTooDeep } from './pod.js';
import type { Fields } from './pod.js';
import { quote } from './grammar.js';

const MAX_LEVELS = 100;

type Report = (path: string, allowed: string, value: unknown) => void;

export function shapeProblems(pod: unknown): Problem[] {
  const problems: Problem[] = [];
  const report: Report = (path, allowed, value) => {
    const shown = quote(JSON.stringify(value) ?? 'undefined');
    const message = `The Pod's ${path === '' ? 'document' : path} must be ${allowed}.`;
    problems.push({ code: 'malformed_pod', path, message, value: shown, allowed });
  };
  if (isTooDeep(pod, MAX_LEVELS)) report('', `nested at most ${MAX_LEVELS} levels deep`, null);
  else if (!isFields(pod)) report('', 'an object', pod);
  else checkPod(pod, report);
  return problems;
}

function checkPod({ metadata, spec }: Fields, report: Report): void {
  if (optionalObject('metadata', metadata, report)) checkMetadata(metadata, report);
  if (!isFields(spec)) report('spec', 'an object', spec);
  else checkSpec(spec, report);
}

function checkMetadata(metadata: Fields, report: Report): void {
  for (const name of ['name', 'generateName', 'namespace']) optionalText(`metadata.${name}`, metadata[name], report);
  for (const map of ['labels', 'annotations']) {
    const value = metadata[map];
    if (!optionalObject(`metadata.${map}`, value, report)) continue;
    for (const [name, item] of Object.entries(value)) {
      if (typeof item !== 'string') report(`metadata.${map}[${JSON.stringify(name)}]`, 'a text', item);
    }
  }
  eachObject('metadata.ownerReferences', metadata.ownerReferences, report, (owner, path) => {
    for (const name of ['apiVersion', 'kind', 'name']) optionalText(`${path}.${name}`, owner[name], report);
  });
}

function checkSpec(spec: Fields, report: Report): void {
  if (spec.hostNetwork !== undefined && spec.hostNetwork !== null && typeof spec.hostNetwork !== 'boolean') {
    report('spec.hostNetwork', 'true or false', spec.hostNetwork);
  }
  optionalText('spec.dnsPolicy', spec.dnsPolicy, report);
  optionalObject('spec.os', spec.os, report);
  optionalObject('spec.securityContext', spec.securityContext, report);
  for (const list of ['containers', 'initContainers']) checkContainers(`spec.${list}`, spec[list], report);
  for (const list of ['volumes', 'imagePullSecrets']) {
    eachNamed(`spec.${list}`, spec[list], report, () => {});
  }
}

function checkContainers(path: string, list: unknown, report: Report): void {
  eachNamed(path, list, report, (container, at) => {
    // The name becomes part of a path that the agent serves.
    if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(container.name))
      report(`${at}.name`, 'a DNS label', container.name);
    for (const field of ['args', 'command']) checkTexts(`${at}.${field}`, container[field], report);
    eachNamed(`${at}.env`, container.env, report, () => {}, true);
    eachObject(`${at}.volumeMounts`, container.volumeMounts, report, () => {});
    eachObject(`${at}.ports`, container.ports, report, checkPort(report));
    optionalObject(`${at}.securityContext`, container.securityContext, report);
    optionalObject(`${at}.resources`, container.resources, report);
    for (const field of ['readinessProbe', 'livenessProbe', 'startupProbe'])
      checkHandler(`${at}.${field}`, container[field], report);
    const { lifecycle } = container;
    if (!optionalObject(`${at}.lifecycle`, lifecycle, report)) return;
    for (const field of ['preStop', 'postStart']) checkHandler(`${at}.lifecycle.${field}`, lifecycle[field], report);
  });
}

function checkPort(report: Report): (port: Fields, path: string) => void {
  return ({ containerPort, protocol, name }, path) => {
    if (!isPortNumber(containerPort)) report(`${path}.containerPort`, 'a port', containerPort);
    optionalText(`${path}.protocol`, protocol, report);
    optionalText(`${path}.name`, name, report);
  };
}

function isPortNumber(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) < 65536;
}

function checkHandler(path: string, handler: unknown, report: Report): void {
  if (!optionalObject(path, handler, report)) return;
  for (const kind of ['httpGet', 'tcpSocket', 'grpc']) {
    const action = handler[kind];
    if (!optionalObject(`${path}.${kind}`, action, report)) continue;
    if (typeof action.port !== 'string' && !isPortNumber(action.port)) {
      report(`${path}.${kind}.port`, 'a port or the name of one', action.port);
    }
  }
}

function checkTexts(path: string, list: unknown, report: Report): void {
  if (list === undefined || list === null) return;
  if (!Array.isArray(list) || !list.every((item) => typeof item === 'string')) report(path, 'a list of texts', list);
}

function optionalText(path: string, value: unknown, report: Report): void {
  if (value !== undefined && value !== null && typeof value !== 'string') report(path, 'a text', value);
}

function optionalObject(path: string, value: unknown, report: Report): value is Fields {
  if (value === undefined || value === null) return false;
  if (isFields(value)) return true;
  report(path, 'an object', value);
  return false;
}

function eachObject(path: string, list: unknown, report: Report, check: (item: Fields, path: string) => void): void {
  if (list === undefined || list === null) return;
  if (!Array.isArray(list)) report(path, 'a list', list);
  else {
    for (const [i, item] of list.entries()) {
      if (isFields(item)) check(item, `${path}[${i}]`);
      else report(`${path}[${i}]`, 'an object', item);
    }
  }
}

type Named = Fields & { name: string };

function eachNamed(
  path: string,
  list: unknown,
  report: Report,
  check: (item: Named, path: string) => void,
  mayRepeat = false,
): void {
  const seen = new Set<string>();
  eachObject(path, list, report, (item, at) => {
    if (typeof item.name !== 'string') return report(`${at}.name`, 'a text', item.name);
    if (seen.has(item.name) && !mayRepeat) report(`${at}.name`, 'a name that stands once in the list', item.name);
    seen.add(item.name);
    check(item as Named, at);
  });
}
