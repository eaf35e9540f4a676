// Resources as messages of the protocol.
import type { google } from '../../proto/generated/api.js';
import type { Descriptors } from '../config/descriptors.js';

type Any = google.protobuf.Any;

export function asAny(descriptors: Descriptors, typeUrl: string, value: Uint8Array): Any {
  return descriptors.type('google.protobuf.Any').create({ type_url: typeUrl, value }) as unknown as Any;
}
