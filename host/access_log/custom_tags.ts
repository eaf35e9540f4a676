// envoy.type.tracing.v3.CustomTag: values that a log entry carries under names of the operator's choice.
import { parseFormat, renderText } from './format_string.js';
import type { HeaderNeeds } from './header_needs.js';
import type { CustomTagMessage } from './messages.js';
import type { LogRecord } from './record.js';
import { toBytes } from './utf8.js';

/** The value as a binary string; empty: the tag is left out. */
type TagValue = (record: LogRecord) => string;

export interface CustomTag {
  readonly tag: string;
  readonly value: TagValue;
}

/** Throws FormatError where `value` is no format. */
export function compileCustomTags(tags: readonly CustomTagMessage[], needs: HeaderNeeds): CustomTag[] {
  return tags.map((message) => ({ tag: message.tag, value: tagValue(message, needs) }));
}

function tagValue(message: CustomTagMessage, needs: HeaderNeeds): TagValue {
  const { literal, environment, request_header: header, metadata, value } = message;
  if (literal) return constant(literal.value);
  if (environment) return constant(process.env[environment.name] ?? environment.default_value);
  if (metadata) return constant(metadata.default_value); // nothing sets metadata yet
  if (header) return headerValue(header.name, header.default_value, needs);
  const parts = parseFormat(value ?? '', needs);
  return (record) => renderText(parts, record, true);
}

function constant(text: string | undefined): TagValue {
  const bytes = toBytes(text ?? '');
  return () => bytes;
}

// The first of several headers of that name, as in Envoy.
function headerValue(name: string, absent: string | undefined, needs: HeaderNeeds): TagValue {
  const lower = name.toLowerCase();
  const index = needs.need('request', lower === 'host' ? ':authority' : lower, 'first');
  const bytes = toBytes(absent ?? '');
  return (record) => record.header(index()) ?? bytes;
}
