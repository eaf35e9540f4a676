// google.rpc.Status, as error_detail of a NACK.
import type { Descriptors } from '../config/descriptors.js';
import type { Message } from '../config/message.js';

const INVALID_ARGUMENT = 3; // google.rpc.Code

/** Longest text of a NACK: control planes log it, and every proxy of a mesh may send one. */
const MAX_TEXT = 16_384;

export function rpcStatus(descriptors: Descriptors, text: string): Message {
  const message = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
  return descriptors.type('google.rpc.Status').create({ code: INVALID_ARGUMENT, message }) as Message;
}
