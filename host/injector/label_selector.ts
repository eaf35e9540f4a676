// Kubernetes' label selectors (apimachinery, LabelSelector): all parts must match; an empty selector matches nothing here,
// because "inject never" or "always" for everything is what the policy says.
import { own } from './pod.js';
import type { LabelRequirement, LabelSelector } from './values.js';

export function matchesSelector(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  const byLabel = Object.entries(selector.matchLabels ?? {});
  const byExpression = selector.matchExpressions ?? [];
  if (byLabel.length + byExpression.length === 0) return false;
  return (
    byLabel.every(([name, value]) => own(labels, name) === value) &&
    byExpression.every((requirement) => meets(requirement, own(labels, requirement.key)))
  );
}

/** An absent label is "not in" any list. */
function meets({ operator, values = [] }: LabelRequirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
  }
}

/** As kubectl writes selectors: `app=web,tier in (a,b),!debug`. */
export function describeSelector(selector: LabelSelector): string {
  return [
    ...Object.entries(selector.matchLabels ?? {}).map(([name, value]) => `${name}=${value}`),
    ...(selector.matchExpressions ?? []).map(describe),
  ].join(',');
}

function describe({ key, operator, values = [] }: LabelRequirement): string {
  if (operator === 'Exists') return key;
  if (operator === 'DoesNotExist') return `!${key}`;
  return `${key} ${operator === 'In' ? 'in' : 'notin'} (${values.join(',')})`;
}
