// All findings of a configuration as text, and the exit code they come to.
import { capFindings, hasErrors } from '../config/finding.js';
import type { Finding } from '../config/finding.js';
import type { Paint } from './color.js';
import { EXIT_FINDINGS, EXIT_OK, EXIT_UNREADABLE } from './exit_code.js';
import type { LoadedConfig } from './load_config.js';
import { countText, renderFinding } from './render_finding.js';

export const DEFAULT_MAX_FINDINGS = 50;

export function exitCodeOf(config: LoadedConfig): number {
  if (config.decoded === undefined) return EXIT_UNREADABLE;
  return hasErrors(config.findings) ? EXIT_FINDINGS : EXIT_OK;
}

/** Every finding with its code frame; errors before warnings, at most `max` of them (0: all). */
export function reportText(config: LoadedConfig, paint: Paint, max = DEFAULT_MAX_FINDINGS): string {
  const ordered = [...ofSeverity(config.findings, 'error'), ...ofSeverity(config.findings, 'warning')];
  const { shown, more } = capFindings(ordered, max === 0 ? ordered.length : max);
  const blocks = shown.map((finding) => `${renderFinding(finding, config.texts, paint)}\n`);
  if (more > 0) blocks.push(`and ${more} more (weft validate --max-findings 0 shows all)\n`);
  return blocks.join('\n');
}

/** `envoy.yaml: 3 errors and 1 warning`. */
export function summaryLine(config: LoadedConfig, paint: Paint): string {
  const errors = ofSeverity(config.findings, 'error').length;
  const warnings = ofSeverity(config.findings, 'warning').length;
  if (errors > 0) return `${config.name}: ${paint('error', countText(errors, warnings))}`;
  const note = warnings > 0 ? `, ${countText(0, warnings)}` : '';
  return `${config.name}: ${paint('good', 'ok')}${note}`;
}

function ofSeverity(findings: readonly Finding[], severity: Finding['severity']): Finding[] {
  return findings.filter((finding) => finding.severity === severity);
}
