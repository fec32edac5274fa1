import type { Attributes } from '@openmanager/protocol';
import { isSeriesRule, type HostSelection, type Rule, type Where } from './rule.ts';

/** What selections see of a host. */
export interface SelectableHost {
  readonly hostId: string;
  readonly hostname: string;
  readonly tags?: readonly string[] | undefined;
}

export function selectsHost(selection: HostSelection | undefined, host: SelectableHost): boolean {
  if (selection === undefined || selection === 'all') return true;
  if ('host' in selection)
    return selection.host === host.hostId || selection.host === host.hostname;
  return selection.tags.some((tag) => host.tags?.includes(tag) ?? false);
}

/** Whether `text` is what the pattern describes; `*` stands for any text. Linear in the length of both. */
export function fits(pattern: string, text: string): boolean {
  const pieces = pattern.split('*');
  const [first = ''] = pieces;
  if (pieces.length === 1) return text === pattern;
  const last = pieces.at(-1) ?? '';
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  let from = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = text.indexOf(piece, from);
    if (found < 0) return false;
    from = found + piece.length;
  }
  return from <= text.length - last.length;
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

/** The rule as it holds for one series of one host; undefined where it is not about it. */
export function effectiveRule<R extends Rule>(
  rule: R,
  host: SelectableHost,
  attributes: Attributes,
): R | undefined {
  if (rule.enabled === false || !selectsHost(rule.hosts, host)) return undefined;
  if (!isSeriesRule(rule)) return rule;
  if (!selectsSeries(rule.where, attributes)) return undefined;
  const override = rule.overrides?.find(
    (candidate) => selectsHost(candidate.hosts, host) && selectsSeries(candidate.where, attributes),
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
