// The objects of deploy/, as `kubectl apply -k` would send them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import type { Json } from './kubernetes.js';
import { REPOSITORY } from './repository.js';

interface Kustomization {
  resources: string[];
  configMapGenerator?: { name: string; namespace: string; files: string[] }[];
  images?: { name: string; newName: string; newTag: string }[];
}

/** Knows of kustomize what deploy/ uses. */
export function manifests(folder: string): Json[] {
  const read = (name: string): string => readFileSync(join(REPOSITORY, folder, name), 'utf8');
  const { resources, configMapGenerator = [], images = [] } = parse(read('kustomization.yaml')) as Kustomization;
  const objects = resources.flatMap((name) => parseAllDocuments(read(name)).map((each) => each.toJS() as Json));
  const maps = configMapGenerator.map(({ name, namespace, files }) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace },
    data: Object.fromEntries(files.map((file) => [file, read(file)])),
  }));
  let text = JSON.stringify([...objects, ...maps]);
  for (const { name, newName, newTag } of images)
    text = text.replaceAll(`"image":"${name}"`, `"image":"${newName}:${newTag}"`);
  return JSON.parse(text) as Json[];
}
