import { SECOND_MS } from '@openmanager/protocol/durations';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import {
  codingOf,
  decodePart,
  headlineKeys,
  quantise,
  displayPrecision,
  splitFrame,
  type HostBefore,
  type HostInfo,
} from '@openmanager/protocol';
import { openStore, type Store } from '@openmanager/store';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { StoredReplay } from './stored-replay.ts';
import { openPastFrames } from '../gateway/index.ts';
import type { ReplayRequest } from '../ports/index.ts';
import { codesOf, liveStreamDefaults, priorityOf } from '../stream/index.ts';

const CPU = 'system.cpu.utilization';
const START_MS = 1_700_000_000_000;

let folder: string;
let store: Store;
let hosts: HostInfo[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'openmanager-replay-'));
  store = await openStore({ folder, commitDelayMs: 1, retentionMs: 1e13, tiers: [] });
});

afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

function infoOf(hostId: string, firstSeenMs = 0): HostInfo {
  const facts = {
    hostname: `name-${hostId}`,
    os: 'linux',
    osName: '',
    kernel: '',
    arch: '',
    cpuModel: '',
    cpuCount: 1,
    memoryBytes: 1,
    timeZone: 'UTC',
    agentVersion: '0',
    demo: false,
  };
  return { hostId, facts, clockOffsetMs: 0, clockSkewed: false, intervalMs: 1000, firstSeenMs };
}

async function append(hostId: string, times: readonly number[], values: readonly number[]) {
  await store.append(
    hostId,
    { bootEpoch: 1, seq: 1 },
    { setId: 'one', keys: [CPU], timesMs: times, columns: [Float64Array.from(values)] },
  );
}

/** What a client knows of each host after each frame. */
interface Shown {
  readonly timeMs: number;
  readonly hosts: readonly { hostId: string; sampleMs: number; status: string; cpu: number }[];
}

function played(answer: Buffer): { readonly shown: Shown[]; readonly offsets: number[] } {
  const shown: Shown[] = [];
  const offsets: number[] = [];
  let ids: string[] = [];
  let keys: (readonly string[])[] = [];
  let rows: (HostBefore & { codes: Float64Array; timeMs: number })[] = [];
  for (let at = 0; at < answer.length;) {
    const end = at + 4 + answer.readUInt32LE(at);
    for (const part of splitFrame(answer.subarray(at + 4, end))) {
      if (part.kind === 'message') throw new Error('no message expected');
      const layout = { size: rows.length, host: (index: number) => rows[index] };
      const inflate = (bytes: Uint8Array): Uint8Array => inflateRawSync(bytes);
      const frame = decodePart({ ...part, kind: part.kind }, 1, layout, inflate);
      if (frame.kind === 'keyframe') {
        ids = frame.hosts.map(({ hostId }) => hostId);
        keys = frame.hosts.map((host) => host.keys);
        rows = frame.hosts.map((host) => ({
          ...host,
          codings: Uint8Array.from(host.keys, (key) => codingOf(key)),
        }));
      } else if (frame.kind === 'delta') {
        for (const { index, changed, codes, timeMs, status, priority } of frame.hosts) {
          const row = rows[index] as (typeof rows)[number];
          for (const [place, key] of changed.entries()) row.codes[key] = codes[place] as number;
          rows[index] = { ...row, timeMs, status, priority };
        }
      }
      offsets.push(part.offset);
      shown.push({
        timeMs: part.hubTimeMs,
        hosts: rows.map((row, index) => ({
          hostId: ids[index] as string,
          sampleMs: row.timeMs,
          status: row.status,
          cpu: row.codes[(keys[index] as string[]).indexOf(CPU)] as number,
        })),
      });
    }
    at = end;
  }
  return { shown, offsets };
}

const replay = (): StoredReplay =>
  new StoredReplay({
    store,
    hosts: { all: () => hosts },
    display: { codesOf, priorityOf, ...liveStreamDefaults },
    openFrames: openPastFrames,
  });
const request = (fields: Partial<ReplayRequest>): ReplayRequest => ({
  topic: 'fleet',
  fromMs: START_MS,
  toMs: START_MS + 60 * SECOND_MS,
  stepMs: SECOND_MS,
  channel: 3,
  offset: 0,
  ...fields,
});
const code = (value: number): number => quantise(value, displayPrecision(CPU));

let made = 0;

test('at every step each host shows its newest sample, and silence as what it was', async () => {
  const sample = fc.record({
    at: fc.integer({ min: -100, max: 89 }),
    value: fc.integer({ min: 0, max: 100 }),
  });
  const samples = fc.uniqueArray(sample, { selector: ({ at }) => at, maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(fc.array(samples, { minLength: 1, maxLength: 3 }), async (given) => {
      hosts = [];
      const expected = new Map<string, { at: number; value: number }[]>();
      for (const list of given) {
        const hostId = `h${made++}`;
        hosts.push(infoOf(hostId));
        const sorted = list.toSorted((a, b) => a.at - b.at);
        expected.set(hostId, sorted);
        if (sorted.length > 0)
          await append(
            hostId,
            sorted.map(({ at }) => START_MS + at * SECOND_MS),
            sorted.map(({ value }) => value / 100),
          );
      }
      // The reach of the look back is 60 s; older samples are as good as none.
      const { shown, offsets } = played(await replay().frames(request({ offset: 7 })));
      expect(offsets).toEqual(offsets.map((_, index) => 8 + index));
      for (let step = 0; step < 60; step++) {
        const timeMs = START_MS + step * SECOND_MS;
        const now = shown.findLast((frame) => frame.timeMs <= timeMs) as Shown;
        for (const host of now.hosts) {
          const list = (expected.get(host.hostId) ?? []).filter(({ at }) => at >= -60);
          const newest = list.findLast(({ at }) => at <= step);
          expect(host.sampleMs).toBe(newest === undefined ? 0 : START_MS + newest.at * SECOND_MS);
          const silent = newest === undefined ? Infinity : step - newest.at;
          expect(host.status).toBe(silent > 60 ? 'offline' : silent > 3 ? 'stale' : 'online');
          if (newest) expect(host.cpu).toBe(code(newest.value / 100));
        }
      }
    }),
    { numRuns: 40 },
  );
});

test('a part of the hosts and metrics, one host with all its series, hosts that came later', async () => {
  hosts = [infoOf('hosta'), infoOf('hostb'), infoOf('later', START_MS + 61 * SECOND_MS)];
  for (const hostId of ['hosta', 'hostb'])
    await append(hostId, [START_MS, START_MS + 30 * SECOND_MS], [0.25, 0.5]);
  const idsOf = async (fields: Partial<ReplayRequest>): Promise<string[]> => {
    const { shown } = played(await replay().frames(request(fields)));
    return (shown[0] as Shown).hosts.map(({ hostId }) => hostId);
  };
  expect(await idsOf({})).toEqual(['hosta', 'hostb']);
  expect(await idsOf({ hosts: ['hostb'] })).toEqual(['hostb']);
  expect(await idsOf({ topic: 'target:hosta' })).toEqual(['hosta']);
  const { shown } = played(
    await replay().frames(request({ topic: 'target:hosta', metrics: [CPU] })),
  );
  expect(shown.at(-1)?.hosts[0]).toMatchObject({ status: 'stale', cpu: code(0.5) });
  expect(headlineKeys).toContain(CPU);
});

test('what cannot be answered is said with the field to change', async () => {
  hosts = [infoOf('hosta')];
  await expect(replay().frames(request({ topic: 'target:nobody' }))).rejects.toMatchObject({
    code: 'not-found',
  });
  await expect(replay().frames(request({ toMs: START_MS }))).rejects.toMatchObject({
    field: 'toMs',
  });
  await expect(
    replay().frames(request({ toMs: START_MS + 3_600_000, stepMs: 100 })),
  ).rejects.toMatchObject({ field: 'stepMs' });
});
