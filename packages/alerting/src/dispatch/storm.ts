/**
 * Storms: a network or a power supply that fails takes many hosts with it, and each has a group of its own. Beyond so many
 * groups with something new for one receiver within the window, what they have to say is gathered in one group more,
 * which is told, repeated, escalated and resolved as any other.
 */
import { seriesSetId, type Labels } from '@openmanager/protocol';
import type { Flush, Member } from './group.ts';
import { isUntold } from './waits.ts';

export interface StormOptions {
  /** Messages about something new to one receiver within the window. @default 20 */
  readonly groups: number;
  /** @default 1 min */
  readonly windowMs: number;
}

export const stormDefaults: StormOptions = { groups: 20, windowMs: 60_000 };

interface Lane {
  /** When messages with something new began, oldest first. */
  readonly startedMs: number[];
  /** The storm that is gathered now. */
  groupId: string | undefined;
}

export interface Sorted {
  /** To be sent as they are. */
  readonly alone: readonly Flush[];
  readonly storms: readonly {
    readonly groupId: string;
    readonly flushes: readonly [Flush, ...Flush[]];
  }[];
}

export class Storms {
  readonly #options: StormOptions;
  /** By receiver and step. */
  readonly #lanes = new Map<string, Lane>();

  constructor(options: StormOptions = stormDefaults) {
    this.#options = options;
  }

  clockMoved(stepMs: number): void {
    for (const { startedMs } of this.#lanes.values())
      for (const [at, ms] of startedMs.entries()) startedMs[at] = ms + stepMs;
  }

  sort(flushes: readonly Flush[], nowMs: number): Sorted {
    const alone: Flush[] = [];
    const byLane = new Map<string, Flush[]>();
    for (const one of flushes) {
      const { group, members } = one;
      // One that was tried before is known to the receiver, for all that is known here.
      const isNew = members.some(isUntold);
      if (!isNew || group.isStorm || group.delivery) {
        alone.push(one);
        continue;
      }
      const name = `${group.step} ${group.receiver}`;
      const lane = byLane.get(name);
      if (lane) lane.push(one);
      else byLane.set(name, [one]);
    }
    const storms: Sorted['storms'][number][] = [];
    for (const [name, [first, ...others]] of byLane) {
      if (first === undefined) continue;
      const lane = this.#lane(name, nowMs);
      if (lane.startedMs.length + 1 + others.length > this.#options.groups) {
        lane.groupId ??= seriesSetId([name, 'storm', String(nowMs)]);
        storms.push({ groupId: lane.groupId, flushes: [first, ...others] });
      } else {
        lane.groupId = undefined;
        alone.push(first, ...others);
      }
      // What joins a storm keeps it up.
      for (let at = 0; at < 1 + others.length; at++) lane.startedMs.push(nowMs);
      lane.startedMs.splice(0, lane.startedMs.length - this.#options.groups);
    }
    return { alone, storms };
  }

  #lane(name: string, nowMs: number): Lane {
    let lane = this.#lanes.get(name);
    if (!lane) this.#lanes.set(name, (lane = { startedMs: [], groupId: undefined }));
    const fromMs = nowMs - this.#options.windowMs;
    while (lane.startedMs[0] !== undefined && lane.startedMs[0] <= fromMs) lane.startedMs.shift();
    if (lane.startedMs.length === 0) lane.groupId = undefined;
    return lane;
  }
}

/** What all of them share, such as the site; what only says which alert it is, is left out. */
export function sharedLabels(members: readonly Pick<Member, 'labels'>[]): Labels {
  const [first, ...others] = members;
  if (first === undefined) return {};
  return Object.fromEntries(
    Object.entries(first.labels).filter(([name, value]) =>
      others.every(({ labels }) => labels[name] === value),
    ),
  );
}
