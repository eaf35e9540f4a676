// The flags of `weft inject` and `weft uninject`.
import { COLOR_FLAG } from './proxy_flags.js';
import type { Flag } from './proxy_flags.js';

const FILENAME_FLAG: Flag = {
  flags: '-f, --filename <file>',
  help: 'manifests, YAML or JSON; - is standard input',
  kind: 'text',
  repeatable: true,
};

const DIFF_FLAG: Flag = { flags: '--diff', help: 'what would change instead of the result', kind: 'switch' };

export const INJECT_FLAGS: readonly Flag[] = [
  FILENAME_FLAG,
  { flags: '--values <file>', help: "the injector's values (docs/injection.md)", kind: 'text' },
  { flags: '-n, --namespace <name>', help: 'of what names none (default: default)', kind: 'text' },
  {
    flags: '--namespace-label <label>',
    help: 'NAME=VALUE of that namespace, to decide as the webhook would',
    kind: 'text',
    repeatable: true,
  },
  { flags: '--cluster-version <version>', help: 'such as 1.33: from there on native sidecars', kind: 'text' },
  { flags: '--explain', help: 'say each thing that was looked at', kind: 'switch' },
  DIFF_FLAG,
  COLOR_FLAG,
];

export const UNINJECT_FLAGS: readonly Flag[] = [FILENAME_FLAG, DIFF_FLAG, COLOR_FLAG];
