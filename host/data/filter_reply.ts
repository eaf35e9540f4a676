// A filter's local reply on its way into the core.
import { DETAILS_FILTER, W_HOST } from '../../assembly/abi.js';
import type { LocalReply } from '../filter/http/filter.js';
import type { WorkerContext } from '../process/worker_context.js';
import { checkedName, checkedValue } from './header_map.js';

const AREA = 4096; // offset in W_HOST of a header on its way
const AREA_SIZE = 0x8000;
/** A longer body is cut: the reply has to fit into the worker's out area. */
export const REPLY_BODY_MAX = 256 * 1024;

/** Ends a parked stream. A header that could not stand in a message is left out; so is one for which there is no room. */
export function sendReply(context: WorkerContext, stream: number, reply: LocalReply): void {
  const { status, body = '', headers = [], details = DETAILS_FILTER, flags = 0 } = reply;
  const { core, W } = context;
  const x = core.exports;
  const text = Buffer.from(body.slice(0, REPLY_BODY_MAX), 'latin1');
  const at = text.length > 0 ? x.filterReplyRoom(stream, text.length) : 0;
  if (at !== 0) core.u8.set(text, at);
  x.filterReplyBegin();
  for (const [name, value] of headers) addHeader(context, W + W_HOST + AREA, name, value);
  x.filterReply(stream, status, at, at === 0 ? 0 : text.length, details, flags);
}

function addHeader({ core }: WorkerContext, area: number, name: string, value: string): void {
  checkedName(name);
  checkedValue(name, value);
  const bytes = Buffer.from(name + value, 'latin1');
  if (bytes.length > AREA_SIZE) throw new RangeError(`${name}: the header is too long`);
  core.u8.set(bytes, area);
  core.exports.filterReplyHeader(area, name.length, area + name.length, value.length);
}
