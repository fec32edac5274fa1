/** Alerting records of before there were targets and audiences, brought into today's form when they are read. */
import {
  upgradeNotify,
  type MemberRecord,
  type NotificationEntry,
  type Rule,
  type TargetSelection,
  type TargetSelector,
} from '@openmanager/alerting';
import { labelOfTag } from '@openmanager/protocol';
import { withTarget } from '../records/index.ts';

type OldSelection = 'all' | { readonly tags: readonly string[] } | { readonly host: string };

interface OldSelecting {
  readonly hosts?: OldSelection;
}

/** A rule, and each of its overrides: `hosts` by tag or name become `targets`. `notify` was whether it told anybody. */
export function upgradeRule(stored: Rule): Rule {
  const rule = withAudience(withSelection(stored));
  if (!('overrides' in rule) || rule.overrides === undefined) return rule;
  return { ...rule, overrides: rule.overrides.map(withSelection) };
}

function withAudience(stored: Rule): Rule {
  const notify = upgradeNotify(stored.notify);
  return notify === stored.notify ? stored : ({ ...stored, notify } as Rule);
}

function withSelection<T extends object>(stored: T): T {
  const { hosts, ...rest } = stored as T & OldSelecting;
  if (hosts === undefined) return stored;
  return { ...rest, targets: selectionOf(hosts) } as unknown as T;
}

function selectionOf(hosts: OldSelection): TargetSelection {
  if (hosts === 'all') return hosts;
  if ('host' in hosts) return [{ kinds: ['host'], target: hosts.host }];
  return hosts.tags.map(selectorOf);
}

/** By the same reading of a tag as that of targets. No host carries an empty tag, and none is called `#`. */
function selectorOf(tag: string): TargetSelector {
  if (tag === '') return { target: '#' };
  const [name, value] = labelOfTag(tag);
  const label = value === '' ? ({ op: '~', value: '*' } as const) : ({ op: '=', value } as const);
  return { labels: [{ name, ...label }] };
}

export function upgradeMember(member: MemberRecord): MemberRecord {
  return { ...member, alert: withTarget(member.alert) };
}

export function upgradeEntry(entry: NotificationEntry): NotificationEntry {
  return {
    ...entry,
    alerts: entry.alerts.map((alert) => {
      const { hostname, ...rest } = alert as typeof alert & { readonly hostname?: string };
      return hostname === undefined ? rest : { ...rest, targetName: hostname };
    }),
  };
}
