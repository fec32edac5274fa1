import { fits, matchesAll, type Attributes, type Labels, type Target } from '@openmanager/protocol';
import { isSeriesRule, type Rule, type TargetSelection, type Where } from './rule.ts';

/** What selections see of a target. */
export interface SelectableTarget {
  readonly target: Target;
  /** Of `targetLabels`. */
  readonly labels: Labels;
}

export function selectsTarget(
  selection: TargetSelection | undefined,
  { target, labels }: SelectableTarget,
): boolean {
  if (selection === undefined || selection === 'all') return true;
  return selection.some(
    (selector) =>
      (selector.kinds?.includes(target.kind) ?? true) &&
      (selector.target === undefined ||
        selector.target === target.id ||
        selector.target === target.name) &&
      matchesAll(selector.labels ?? [], labels),
  );
}

export function selectsSeries(where: Where | undefined, attributes: Attributes): boolean {
  return Object.entries(where ?? {}).every(([name, wanted]) => {
    const patterns = typeof wanted === 'string' ? [wanted] : wanted;
    const text = Object.hasOwn(attributes, name) ? (attributes[name] as string) : '';
    const [excluding, including] = [true, false].map((excludes) =>
      patterns.filter((pattern) => pattern.startsWith('!') === excludes),
    ) as [string[], string[]];
    if (excluding.some((pattern) => fits(pattern.slice(1), text))) return false;
    return including.length === 0 || including.some((pattern) => fits(pattern, text));
  });
}

/** The rule as it holds for one series of one target; undefined where it is not about it. */
export function effectiveRule<R extends Rule>(
  rule: R,
  target: SelectableTarget,
  attributes: Attributes,
): R | undefined {
  if (rule.enabled === false || !selectsTarget(rule.targets, target)) return undefined;
  if (!isSeriesRule(rule)) return rule;
  if (!selectsSeries(rule.where, attributes)) return undefined;
  const override = rule.overrides?.find(
    (candidate) =>
      selectsTarget(candidate.targets, target) && selectsSeries(candidate.where, attributes),
  );
  if (!override) return rule;
  if (override.enabled === false) return undefined;
  const { threshold, clear, forMs, severity } = override;
  return {
    ...rule,
    ...(threshold === undefined ? {} : { threshold }),
    ...(clear === undefined ? {} : { clear }),
    ...(forMs === undefined ? {} : { forMs }),
    ...(severity === undefined ? {} : { severity }),
  };
}
