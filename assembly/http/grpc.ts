// gRPC requests, told by their content type.
import { headerFind, HeaderEntry } from '../http1/head';
import { H_CONTENT_TYPE } from '../http1/header_names';

/** Whether the content type is `application/grpc`, alone or before a `+`. */
export function isGrpc(head: usize): bool {
  const e = headerFind(head, H_CONTENT_TYPE);
  if (!e) return false;
  const v = changetype<HeaderEntry>(e);
  const p: usize = v.value;
  if (v.valueLength < 16 || load<u64>(p) != 0x7461_6369_6c70_7061 || load<u64>(p, 8) != 0x6370_7267_2f6e_6f69)
    return false;
  return v.valueLength == 16 || load<u8>(p, 16) == 0x2b;
}
