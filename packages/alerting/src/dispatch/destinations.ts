/** Where the tree of routes leads with an alert. */
import type { Alert, Labels } from '@openmanager/protocol';
import { audienceOf } from '../model/audience.ts';
import { earliestToldMs } from './decisions.ts';
import { groupIdOf } from './group.ts';
import { BROWSERS, type DispatchPolicy } from './policy.ts';
import { branchesFor, type Branch } from './route.ts';

export interface Destination {
  readonly groupId: string;
  readonly receiver: string;
  /** Place of the escalation, −1 for the first to be told. */
  readonly step: number;
  /** Those by which the branch groups. */
  readonly labels: Labels;
  readonly branch: Branch;
  readonly notBeforeMs: number;
}

export function destinationsOf(
  policy: DispatchPolicy,
  alert: Alert,
  labels: Labels,
): Destination[] {
  const rule = policy.rule(alert.ruleId);
  const found = new Map<string, Destination>();
  const firedMs = alert.firedAtMs ?? alert.activeAtMs;
  const earliestMs = earliestToldMs(alert, rule?.notifyAfterMs);
  for (const branch of branchesFor(policy.route, labels)) {
    const shared = Object.fromEntries(
      branch.groupBy.map((name) => [name, labels[name] ?? ''] as const),
    );
    const add = (receiver: string, step: number, notBeforeMs: number): void => {
      const groupId = groupIdOf(receiver, step, shared);
      if (!found.has(groupId))
        found.set(groupId, { groupId, receiver, step, labels: shared, branch, notBeforeMs });
    };
    for (const receiver of branch.receivers) add(receiver, -1, earliestMs);
    for (const [step, { afterMs, receivers }] of branch.escalations.entries())
      for (const receiver of receivers)
        add(receiver, step, Math.max(earliestMs, firedMs + afterMs));
  }
  return [...found.values()];
}

/** Whether the rule wants the receiver to hear of it. */
export function reaches(policy: DispatchPolicy, alert: Alert, receiver: string): boolean {
  const audience = audienceOf(policy.rule(alert.ruleId));
  return audience === 'everyone' || (audience === 'browsers' && receiver === BROWSERS);
}
