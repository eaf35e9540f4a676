// From the bytes of a resource to a checked message: the same rules as for a file.
import type { Descriptors } from '../config/descriptors.js';
import { finding, hasErrors, type Finding } from '../config/finding.js';
import type { Message } from '../config/message.js';
import { validateMessage, type UnsupportedFields } from '../config/validate.js';
import type { ResourceKind } from './kinds.js';

export interface ReadResource {
  /** Empty where the bytes cannot be read far enough. */
  readonly name: string;
  readonly message: Message | undefined; // undefined: a finding is an error
  readonly findings: readonly Finding[];
}

/** Never throws. What `unsupportedFields` leaves out is a warning each, and is no longer in the message. */
export function readResource(
  descriptors: Descriptors,
  kind: ResourceKind,
  bytes: Uint8Array,
  unsupportedFields: UnsupportedFields,
): ReadResource {
  let message: Message;
  try {
    message = descriptors.type(kind.typeName).decode(bytes) as Message;
  } catch {
    const text = `the bytes are no ${kind.typeName}`;
    return { name: '', message: undefined, findings: [finding('WEFT1102', '', text)] };
  }
  const name = kind.nameOf(message);
  const validation = validateMessage(descriptors, message, { unsupportedFields });
  const { findings } = validation;
  if (hasErrors(findings)) return { name, message: undefined, findings };
  if (unsupportedFields === 'warn') validation.prune();
  return { name, message, findings };
}
