// Who asks: the Node of the bootstrap, with what this build is.
import type { envoy } from '../../proto/generated/api.js';
import type { Bootstrap } from '../config/bootstrap.js';

type Node = envoy.config.core.v3.Node;

/** `version`: "0.1.0". */
export function xdsNode(bootstrap: Bootstrap, version: string): Node {
  const [major, minor, patch] = version.split('.').map((part) => Number.parseInt(part, 10) || 0);
  return {
    ...bootstrap.node,
    user_agent_name: 'weft',
    user_agent_build_version: {
      version: { major_number: major, minor_number: minor, patch },
      metadata: null,
    },
  } as unknown as Node;
}
