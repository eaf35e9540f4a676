// upgrade_configs of connection managers: which protocols a client may upgrade to.
import type { envoy } from '../../proto/generated/api.js';
import { finding, type Finding } from '../config/finding.js';
import { wrapped } from '../config/message.js';
import { fieldPath, indexPath } from '../config/path.js';

type UpgradeConfig = envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.UpgradeConfig;

export interface UpgradeModel {
  readonly name: string; // lower-case; `connect` is the method CONNECT
  readonly enabled: boolean;
}

export function readUpgrades(configs: readonly UpgradeConfig[], path: string, findings: Finding[]): UpgradeModel[] {
  const seen = new Set<string>();
  return configs.map((config, i) => {
    const name = config.upgrade_type.toLowerCase();
    if (seen.has(name)) {
      const at = fieldPath(indexPath(path, i), 'upgrade_type');
      findings.push(finding('WEFT1402', at, 'an upgrade type stands twice', { value: config.upgrade_type }));
    }
    seen.add(name);
    return { name, enabled: wrapped(config.enabled, true) };
  });
}
