// The two text forms of metrics: Prometheus' own and OpenMetrics.
// https://prometheus.io/docs/instrumenting/exposition_formats, https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md

export type MetricsFormat = 'text' | 'openmetrics';

export const CONTENT_TYPES: Readonly<Record<MetricsFormat, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/** Of a body by its Content-Type; undefined where it can be neither. */
export function formatOf(contentType: string | undefined): MetricsFormat | undefined {
  const media = (contentType ?? '').split(';', 1)[0].trim().toLowerCase();
  if (media === 'application/openmetrics-text') return 'openmetrics';
  return media === '' || media === 'text/plain' || media === 'text' ? 'text' : undefined;
}

/** A scraper's Accept without what cannot be merged as text (protobuf). */
export function acceptedAsText(accept: string | undefined, formats: readonly MetricsFormat[]): string {
  const wanted = (accept ?? '').split(',').filter((range) => {
    const format = formatOf(range);
    return range.trim() !== '' && format !== undefined && formats.includes(format);
  });
  return [...wanted.map((range) => range.trim()), 'text/plain;version=0.0.4;q=0.3', '*/*;q=0.1'].join(',');
}

// A name and its labels, a value, perhaps a timestamp and (OpenMetrics) an exemplar. No part can be matched in two ways.
const SAMPLE = /^(?:[a-zA-Z_:][\w:.]*[ \t]*(?:\{[^\n]*\})?|\{[^\n]*\})[ \t]+[^\s]+(?:[ \t][^\n]*)?$/;

/** The first line that is no part of an exposition, so that one target's error page does not spoil the others' metrics. */
export function badLine(text: string): string | undefined {
  for (const line of text.split('\n')) {
    const plain = line.trim();
    if (plain !== '' && !plain.startsWith('#') && !SAMPLE.test(plain)) return plain.slice(0, 80);
  }
  return undefined;
}

/** Without the mark of the end, and with a newline at its own end. */
export function withoutEnd(text: string): string {
  const body = text.replace(/(^|\n)# EOF\s*$/, '$1');
  return body === '' || body.endsWith('\n') ? body : `${body}\n`;
}

/** Prometheus' form as OpenMetrics: a counter's family is named without `_total`, comments and empty lines are none. */
export function textToOpenMetrics(text: string): string {
  const lines = text.split('\n').flatMap((line) => {
    const type = /^# TYPE (\S+) counter$/.exec(line);
    if (type)
      return [type[1].endsWith('_total') ? `# TYPE ${type[1].slice(0, -6)} counter` : `# TYPE ${type[1]} unknown`];
    return line === '' || (line.startsWith('#') && !/^# (TYPE|HELP|UNIT) /.test(line)) ? [] : [line];
  });
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

/** OpenMetrics as Prometheus' form: exemplars, timestamps (their unit differs) and types that it does not know are dropped. */
export function openMetricsToText(text: string): string {
  const lines = withoutEnd(text)
    .split('\n')
    .flatMap((line) => {
      if (line.startsWith('#')) return comment(line);
      const sample = /^((?:[^\s{]+)?(?:\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\})?) (\S+)/.exec(line);
      return sample ? [`${sample[1]} ${sample[2]}`] : [];
    });
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

function comment(line: string): string[] {
  const type = /^# TYPE (\S+) (\S+)$/.exec(line);
  if (!type) return line.startsWith('# HELP ') ? [line] : [];
  if (type[2] === 'counter') return [`# TYPE ${type[1]}_total counter`];
  return ['gauge', 'histogram', 'summary'].includes(type[2]) ? [line] : [];
}
