/**
 * Waits of groups across jumps of the hub's clock. They are kept as times, and a time is a promise about how long to
 * wait only while the clock runs evenly: when it was set, what was promised is still owed after as long as before.
 */
import type { Group, Member } from './group.ts';

/** Before this nothing new is sent, whoever looks. */
export function dueMs({ sentMs, sinceMs, branch }: Group): number {
  if (sentMs !== undefined) return sentMs + branch.groupIntervalMs;
  return (sinceMs ?? Number.NEGATIVE_INFINITY) + branch.groupWaitMs;
}

/** The hub's time moved by this, ms: every wait goes on for as long as it had to. */
export function moveWaits(group: Group, stepMs: number): void {
  group.wakeMs += stepMs;
  if (group.sinceMs !== undefined) group.sinceMs += stepMs;
  if (group.sentMs !== undefined) group.sentMs += stepMs;
  for (const member of group.members.values())
    if (member.notBeforeMs > 0) member.notBeforeMs += stepMs;
  const { delivery } = group;
  if (delivery)
    group.delivery = {
      ...delivery,
      firstMs: delivery.firstMs + stepMs,
      nextMs: delivery.nextMs + stepMs,
    };
}

/**
 * After a restart, where nobody knows whether the clock moved meanwhile: nothing that was kept may lie farther ahead than
 * it could if it were written now.
 */
export function boundWaits(group: Group, nowMs: number): void {
  const { branch } = group;
  if (group.sinceMs !== undefined) group.sinceMs = Math.min(group.sinceMs, nowMs);
  if (group.sentMs !== undefined) group.sentMs = Math.min(group.sentMs, nowMs);
  for (const member of group.members.values()) {
    const { alert } = member;
    const firedMs = alert.firedAtMs ?? alert.activeAtMs;
    // What fired later than now did so at the latest now.
    member.notBeforeMs -= Math.min(member.notBeforeMs, Math.max(0, firedMs - nowMs));
  }
  let earliestMs = Number.POSITIVE_INFINITY;
  for (const member of group.members.values()) {
    if (!isNews(member)) continue;
    earliestMs = Math.min(earliestMs, member.notBeforeMs);
    if (member.told === 'nothing' && Math.max(member.notBeforeMs, dueMs(group)) <= nowMs)
      member.told = 'perhaps';
  }
  const lookMs =
    earliestMs < Number.POSITIVE_INFINITY
      ? Math.max(earliestMs, dueMs(group))
      : (group.sentMs ?? nowMs) + Math.max(branch.groupIntervalMs, branch.repeatIntervalMs);
  group.wakeMs = Math.min(group.wakeMs, Math.max(nowMs, lookMs));
}

/** Of which the receiver has not heard, for all that is known. */
export function isUntold({ told }: Pick<Member, 'told'>): boolean {
  return told === 'nothing' || told === 'perhaps';
}

export function isNews(member: Member): boolean {
  return isUntold(member) || member.alert.state === 'resolved';
}

/** Whether it is to hear of an end. */
export function mayKnow({ told }: Pick<Member, 'told'>): boolean {
  return told === 'firing' || told === 'perhaps';
}
