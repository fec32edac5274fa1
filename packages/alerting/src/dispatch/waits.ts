/**
 * Waits of groups across jumps of the hub's clock. They are kept as times, and a time is a promise about how long to
 * wait only while the clock runs evenly: when it was set, what was promised is still owed after as long as before.
 */
import type { Group, Member } from './group.ts';

/** The hub's time moved by this, ms: every wait goes on for as long as it had to. */
export function moveWaits(group: Group, stepMs: number): void {
  group.wakeMs += stepMs;
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
  if (group.sentMs !== undefined) group.sentMs = Math.min(group.sentMs, nowMs);
  for (const member of group.members.values()) {
    const { alert } = member;
    const firedMs = alert.firedAtMs ?? alert.activeAtMs;
    // What fired later than now did so at the latest now.
    member.notBeforeMs -= Math.min(member.notBeforeMs, Math.max(0, firedMs - nowMs));
  }
  const members = [...group.members.values()];
  const sentMs = group.sentMs ?? nowMs;
  const news = members.filter(isNews);
  const isFirst = group.sentMs === undefined;
  const dueMs =
    news.length > 0
      ? Math.max(
          Math.min(...news.map(({ notBeforeMs }) => notBeforeMs)),
          isFirst ? nowMs + branch.groupWaitMs : sentMs + branch.groupIntervalMs,
        )
      : sentMs + Math.max(branch.groupIntervalMs, branch.repeatIntervalMs);
  group.wakeMs = Math.min(group.wakeMs, Math.max(nowMs, dueMs));
}

/** Of which the receiver has not heard. */
function isNews({ told, alert }: Member): boolean {
  return told === 'nothing' || alert.state === 'resolved';
}
