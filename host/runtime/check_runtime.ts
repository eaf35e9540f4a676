// What is wrong with a layered_runtime, before anything is read.
import { dirname } from 'node:path';
import type { envoy } from '../../proto/generated/api.js';
import { isDirectory } from '../config/directories.js';
import { finding, type Finding } from '../config/finding.js';
import { fieldPath, indexPath } from '../config/path.js';
import { checkSource, type SourcePlace } from '../xds/check_source.js';
import { RUNTIME } from '../xds/kinds.js';
import { BadValue, structLayer } from './layer.js';
import { badValue } from './runtime.js';

type LayeredRuntime = envoy.config.bootstrap.v3.LayeredRuntime;
type RuntimeLayer = envoy.config.bootstrap.v3.RuntimeLayer;

/** `place`: where configuration may come from, for RTDS. */
export function checkRuntime(config: LayeredRuntime | null | undefined, place: SourcePlace): Finding[] {
  const findings: Finding[] = [];
  const names = new Set<string>();
  let admins = 0;
  config?.layers.forEach((layer, i) => {
    const path = indexPath('layered_runtime.layers', i);
    const { name } = layer;
    if (names.has(name))
      findings.push(finding('WEFT1402', fieldPath(path, 'name'), 'layers have unique names', { value: name }));
    names.add(name);
    if (layer.admin_layer && ++admins > 1)
      findings.push(finding('WEFT1410', fieldPath(path, 'admin_layer'), 'there may be one admin layer', {}));
    findings.push(...checkLayer(layer, place, path));
  });
  return findings;
}

function checkLayer(
  { static_layer, disk_layer, rtds_layer }: RuntimeLayer,
  place: SourcePlace,
  path: string,
): Finding[] {
  if (static_layer) {
    const layer = structLayer('', static_layer);
    return layer instanceof BadValue ? [badValue(fieldPath(path, 'static_layer'), layer)] : [];
  }
  if (disk_layer) return checkLink(disk_layer.symlink_root, `${path}.disk_layer.symlink_root`);
  if (!rtds_layer) return [];
  const at = `${path}.rtds_layer.rtds_config`;
  const { rtds_config: source } = rtds_layer;
  if (!source) return [finding('WEFT1201', at, 'RTDS needs a source')];
  return [...checkSource.any(RUNTIME, source, place, at)];
}

// Envoy does not start where it cannot watch.
function checkLink(link: string, path: string): Finding[] {
  if (link === '') return [finding('WEFT1201', path, 'a disk layer needs the path of its symbolic link')];
  if (isDirectory(dirname(link))) return [];
  return [finding('WEFT1503', path, 'its directory is not there, and cannot be watched', { value: link })];
}
