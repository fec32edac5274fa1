/**
 * Software RAID, from /proc/mdstat. An array takes three or more lines: `md0 : active raid1 sdb1[1] sda1[0](F)`, then
 * one with `[2/1]`, disks it should have and disks that work, then perhaps one on what it does.
 */
import { seriesKey } from '@openmanager/protocol';
import type { Reader } from './readings.ts';
import { TextFile } from './text-file.ts';

/** `broken`, since Linux 5.5: lost more disks than its level bears, and refuses to be written or read. */
const STATES = [
  'active',
  'inactive',
  'broken',
  'recovering',
  'resync',
  'reshaping',
  'check',
] as const;
type State = (typeof STATES)[number];
/** The kernel's words for what is under way. */
const WORK: Readonly<Record<string, State>> = {
  recovery: 'recovering',
  resync: 'resync',
  reshape: 'reshaping',
  check: 'check',
  repair: 'check',
};
const WORKING =
  /^\s+(?:\[[=>.]+\]\s+)?(recovery|resync|reshape|check|repair)\s*=\s*(?:[\d.]+% \((\d+)\/(\d+)\)|\w+)/;
/** Arrays that lack disks come first, then by name. */
const LIMIT = 32;

export interface MdArray {
  readonly device: string;
  state: State;
  /** Disks it should have; 0 where it does not say, as of an array that does not run. */
  required: number;
  active: number;
  readonly failed: number;
  readonly spare: number;
  /** Share done of what is under way. */
  progress: number;
}

export function parseMdstat(text: string): MdArray[] {
  const arrays: MdArray[] = [];
  let array: MdArray | undefined;
  for (const line of text.split('\n')) {
    if (/^\S/.test(line)) {
      // What is no array, now or in a kernel to come, is no part of the array before it either.
      const head = /^(\w[^\s:]*) : (active|inactive|broken)\b(.*)/.exec(line);
      array = head ? begun(head[1] as string, head[2] as State, head[3] as string) : undefined;
      if (array) arrays.push(array);
      continue;
    }
    if (!array) continue;
    const disks = / \[(\d+)\/(\d+)\]/.exec(line);
    if (disks && array.state !== 'inactive') {
      array.required = Number(disks[1]);
      array.active = Number(disks[2]);
    }
    const work = WORKING.exec(line);
    if (work && array.state !== 'inactive') {
      array.state = WORK[work[1] as string] as State;
      // DELAYED or PENDING: another array comes first, or nothing was written yet.
      array.progress = work[2] === undefined ? 0 : Number(work[2]) / Number(work[3]);
    }
  }
  return arrays;
}

function begun(device: string, state: State, members: string): MdArray {
  const count = (pattern: RegExp): number => members.match(pattern)?.length ?? 0;
  // Levels without redundancy say no numbers: they work with all their disks or not at all.
  const whole = state === 'inactive' ? 0 : count(/\[\d+\](?!\([SF]\))/g);
  return {
    device,
    state,
    required: whole,
    active: state === 'broken' ? 0 : whole,
    failed: count(/\(F\)/g),
    spare: count(/\(S\)/g),
    progress: Number.NaN,
  };
}

export function mdReader(root: string): Reader {
  const file = new TextFile(`${root}/proc/mdstat`);
  let notListed = 0;
  return {
    everyMs: 30_000,
    get notListed() {
      return notListed;
    },
    read(add) {
      const arrays = parseMdstat(file.read()?.raw() ?? '').map((array) => ({
        ...array,
        missing: Math.max(0, array.required - array.active),
      }));
      notListed = Math.max(0, arrays.length - LIMIT);
      if (arrays.length === 0) return;
      add(
        'system.linux.md.degraded',
        arrays.reduce((sum, { missing }) => sum + missing, 0),
      );
      const listed = arrays.toSorted(
        (a, b) =>
          Number(b.missing > 0) - Number(a.missing > 0) ||
          a.device.localeCompare(b.device, 'en', { numeric: true }),
      );
      for (const array of listed.slice(0, LIMIT)) {
        const { device } = array;
        const key = (metric: string, state?: string): string =>
          seriesKey(`system.linux.md.${metric}`, {
            'system.device': device,
            ...(state === undefined ? {} : { state }),
          });
        add(key('degraded'), array.missing);
        for (const state of ['active', 'failed', 'spare'] as const)
          add(key('disks', state), array[state]);
        for (const state of STATES) add(key('state', state), array.state === state ? 1 : 0);
        add(key('sync.progress'), array.progress);
      }
    },
    close: () => file.close(),
  };
}
