/**
 * Whether and what a group sends now. Each stage is one method: it narrows the flush, or ends it by undefined
 * after noting when the group is to be looked at again. The order is in `pipeline`.
 */
import { windowAt } from '../silence/schedule.ts';
import type { Flush, Group, Member } from './group.ts';
import { dueMs, isNews, mayKnow } from './waits.ts';

export interface Stage {
  exec(flush: Flush): Flush | undefined;
}

/** What the stages know beside the group. */
export interface Facts {
  /** Whether a silence or another alert mutes it. */
  isMuted(alert: Member['alert'], labels: Member['labels'], nowMs: number): boolean;
  isAcknowledged(alertId: string): boolean;
  /** Called when something begins to keep an alert from the receiver. */
  onMuted(receiver: string): void;
}

/** How often a group that is muted is looked at. */
export const MUTED_CHECK_MS = 5_000;

/** A message that is under way, or waits to be tried again, is not overtaken. */
export const retryStage: Stage = {
  exec(flush) {
    const { delivery } = flush.group;
    return delivery && (delivery.inFlight || flush.nowMs < delivery.nextMs) ? undefined : flush;
  },
};

/** Leaves out what nobody is to hear now. What the receiver believes to be firing may always resolve. */
export function muteStage(facts: Facts): Stage {
  const closes = (member: Member): boolean => mayKnow(member) && member.alert.state === 'resolved';
  return {
    exec(flush) {
      const { group, nowMs } = flush;
      const { activeTimes } = group.branch;
      const quiet =
        activeTimes.length > 0 && !activeTimes.some((time) => windowAt(time, nowMs) !== undefined);
      const members = flush.members.filter((member) => {
        const isMuted =
          !closes(member) && (quiet || facts.isMuted(member.alert, member.labels, nowMs));
        if (isMuted && !member.isMuted) facts.onMuted(group.receiver);
        member.isMuted = isMuted;
        return !isMuted;
      });
      if (members.length < flush.members.length)
        group.wakeMs = Math.min(group.wakeMs, nowMs + MUTED_CHECK_MS);
      return { ...flush, members };
    },
  };
}

/** Holds back what is too young to be told, and what was acknowledged before the receiver heard of it. */
export function groupStage(facts: Facts): Stage {
  return {
    exec(flush) {
      const { group, nowMs } = flush;
      const members = flush.members.filter((member) => {
        const closes = mayKnow(member) && member.alert.state === 'resolved';
        if (member.told === 'firing' || closes) return true;
        if (facts.isAcknowledged(member.alert.id)) return false;
        if (member.notBeforeMs > nowMs) {
          group.wakeMs = Math.min(group.wakeMs, member.notBeforeMs);
          return false;
        }
        return true;
      });
      return members.length === 0 ? undefined : { ...flush, members };
    },
  };
}

/**
 * Sends when the receiver does not know it yet and the group's wait is over, or after the repeat interval while nobody
 * acknowledged. What flaps was named so, and is not repeated.
 */
export function dedupStage(facts: Facts): Stage {
  return {
    exec(flush) {
      const { group, members, nowMs } = flush;
      if (members.some(isNews)) {
        // Somebody looked early: an edit, or a restart.
        const fromMs = dueMs(group);
        if (nowMs >= fromMs) return { ...flush, reason: group.step >= 0 ? 'escalation' : 'new' };
        group.wakeMs = Math.min(group.wakeMs, fromMs);
        return undefined;
      }
      const rests = ({ alert }: Member): boolean =>
        facts.isAcknowledged(alert.id) || alert.flapping !== undefined;
      if (members.every(rests)) return undefined;
      const againMs = (group.sentMs ?? 0) + group.branch.repeatIntervalMs;
      if (nowMs >= againMs) return { ...flush, reason: 'repeat' };
      group.wakeMs = Math.min(group.wakeMs, againMs);
      return undefined;
    },
  };
}

export function pipeline(facts: Facts): readonly Stage[] {
  return [retryStage, muteStage(facts), groupStage(facts), dedupStage(facts)];
}

export function flush(stages: readonly Stage[], group: Group, nowMs: number): Flush | undefined {
  let current: Flush | undefined = {
    group,
    nowMs,
    members: [...group.members.values()],
    reason: undefined,
  };
  for (const stage of stages) {
    current = stage.exec(current);
    if (!current) return undefined;
  }
  return current;
}
