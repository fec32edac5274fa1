/** What MetricStore and SeriesHistory promise, on the embedded store and on VictoriaMetrics behind it. */
import { HOUR_MS, MINUTE_MS } from '@openmanager/protocol/durations';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seriesKey } from '@openmanager/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openClusterStore, openStore, type ClusterStore, type EmbeddedStore } from '../index.ts';
import { needs } from '../../../../scripts/peers/needs.ts';
import { isMet, type PeerName } from '../../../../scripts/peers/table.ts';
import { VictoriaMetrics } from '../../../../scripts/peers/victoria-metrics.ts';
import { rows } from '../../test/stores.ts';
/** Most is older than what the cluster store keeps itself, some is younger. */
const START = Math.floor((Date.now() - 5 * HOUR_MS) / HOUR_MS) * HOUR_MS;
const NEWEST = 1.5 * HOUR_MS;
const CPU = seriesKey('system.cpu.utilization', { 'cpu.mode': 'user' });
const MEMORY = 'system.memory.usage';
const OWN = seriesKey('app.queue.length', { 'queue.name': 'a "b" \\ c|d', zone: '서울' });
const keys = [CPU, MEMORY, OWN];

let peer: VictoriaMetrics | undefined;
let folders: string[] = [];
let stores: EmbeddedStore[] = [];
let lastHost = 0;
const newHost = (): string => `host-${++lastHost}`;

beforeAll(async () => {
  if (isMet('victoria-metrics')) peer = await (await VictoriaMetrics.create()).start();
}, 60_000);
afterAll(() => peer?.remove());

afterEach(async () => {
  await Promise.all(stores.map((store) => store.close()));
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
  [stores, folders] = [[], []];
});

interface Kind {
  readonly name: string;
  readonly needs: readonly PeerName[];
  readonly open: (folder: string) => Promise<EmbeddedStore>;
  /** Afterwards everything that was appended can be read. */
  readonly settled: (store: EmbeddedStore) => Promise<void>;
}

const kinds: readonly Kind[] = [
  {
    name: 'embedded',
    needs: [],
    open: (folder) => openStore({ folder, commitDelayMs: 1 }),
    settled: () => Promise.resolve(),
  },
  {
    name: 'cluster',
    needs: ['victoria-metrics'],
    open: (folder) =>
      openClusterStore({
        folder,
        url: peer?.url ?? '',
        newestMs: NEWEST,
        commitDelayMs: 1,
        limits: { gatherMs: 5 },
      }),
    settled: async (store) => {
      expect(await (store as ClusterStore).drained(20_000)).toBe(true);
      await peer?.flush();
    },
  },
];

function promises({ open, settled }: Kind): void {
  async function opened(folder?: string): Promise<EmbeddedStore> {
    const own = folder ?? (await mkdtemp(join(tmpdir(), 'openmanager-both-')));
    if (folder === undefined) folders.push(own);
    const store = await open(own);
    stores.push(store);
    return store;
  }

  /** A sample each half minute until now, with a hole in the second series. */
  const points = Array.from({ length: Math.floor((Date.now() - START) / 30_000) }, (_, row) => {
    const missing = row > 100 && row < 140;
    return [
      START + row * 30_000 + 250,
      Math.round(1e4 * Math.abs(Math.sin(row))) / 1e4,
      missing ? Number.NaN : 1e9 + row * 4096,
      row % 7,
    ];
  });

  async function filled(store: EmbeddedStore, hostId: string): Promise<void> {
    for (let from = 0, seq = 1; from < points.length; from += 150, seq++)
      await store.append(hostId, { bootEpoch: 1, seq }, rows(keys, points.slice(from, from + 150)));
    await settled(store);
  }

  test('samples of any age come back as they were', async () => {
    const store = await opened();
    const hostId = newHost();
    await filled(store, hostId);
    const found = await store.query({
      hostId,
      fromMs: 0,
      toMs: Date.now() + HOUR_MS,
      maxPoints: 1e5,
    });
    expect(found.keys).toEqual(keys);
    expect(found.stepMs).toBe(0);
    expect([...found.timesMs]).toEqual(points.map(([time]) => time));
    for (const [place, column] of found.columns.entries())
      expect([...column]).toEqual(points.map((point) => point[place + 1]));
    const part = await store.query({
      hostId,
      keys: [OWN],
      fromMs: START + HOUR_MS,
      toMs: START + 2 * HOUR_MS,
      maxPoints: 1000,
    });
    expect([...(part.columns[0] ?? [])]).toEqual(
      points
        .filter(
          ([time]) =>
            (time as number) >= START + HOUR_MS && (time as number) <= START + 2 * HOUR_MS,
        )
        .map((point) => point[3]),
    );
  });

  test('more rows than asked for become the mean of each step', async () => {
    const store = await opened();
    const hostId = newHost();
    await filled(store, hostId);
    const found = await store.query({
      hostId,
      keys,
      fromMs: START,
      toMs: Date.now(),
      maxPoints: 60,
    });
    expect(found.timesMs.length).toBeLessThanOrEqual(60);
    expect(found.stepMs).toBeGreaterThan(0);
    for (const [row, time] of found.timesMs.entries()) {
      const inside = points.filter(
        ([at]) => (at as number) >= time && (at as number) < time + found.stepMs,
      );
      for (const [place, column] of found.columns.entries()) {
        const values = inside
          .map((point) => point[place + 1] as number)
          .filter((one) => !Number.isNaN(one));
        const mean = values.reduce((sum, one) => sum + one, 0) / values.length;
        if (values.length === 0) expect(column[row]).toBeNaN();
        else expect((column[row] as number) / (mean || 1)).toBeCloseTo(mean === 0 ? 0 : 1, 9);
      }
    }
  });

  test('steps have min, max, mean, last and count', async () => {
    const store = await opened();
    const hostId = newHost();
    await filled(store, hostId);
    const stepMs = 10 * MINUTE_MS;
    const { series } = await store.select({
      hostIds: [hostId],
      keys: [MEMORY, OWN],
      fromMs: START,
      toMs: START + 5 * HOUR_MS - 1,
      stepMs,
    });
    expect(series.map(({ key }) => key)).toEqual([MEMORY, OWN]);
    for (const one of series) {
      const place = keys.indexOf(one.key) + 1;
      const steps = Map.groupBy(
        points.filter(
          (point) =>
            !Number.isNaN(point[place] as number) && (point[0] as number) < START + 5 * HOUR_MS,
        ),
        ([time]) => Math.floor((time as number) / stepMs) * stepMs,
      );
      expect([...one.timesMs]).toEqual([...steps.keys()]);
      const values = [...steps.values()].map((some) => some.map((point) => point[place] as number));
      expect([...one.min]).toEqual(values.map((some) => Math.min(...some)));
      expect([...one.max]).toEqual(values.map((some) => Math.max(...some)));
      expect([...one.last]).toEqual(values.map((some) => some.at(-1)));
      expect([...one.count]).toEqual(values.map((some) => some.length));
    }
  });

  test('late rows go to their place; a batch that comes twice changes nothing', async () => {
    const store = await opened();
    const hostId = newHost();
    const at = (minutes: number): number => START + minutes * MINUTE_MS;
    await store.append(
      hostId,
      { bootEpoch: 1, seq: 1 },
      rows(
        [CPU],
        [
          [at(20), 0.2],
          [at(280), 0.9],
        ],
      ),
    );
    await store.append(
      hostId,
      { bootEpoch: 1, seq: 2 },
      rows(
        [CPU],
        [
          [at(10), 0.1],
          [at(30), 0.3],
        ],
      ),
    );
    await store.append(hostId, { bootEpoch: 1, seq: 2 }, rows([CPU], [[at(11), 0.5]]));
    await settled(store);
    const found = await store.query({
      hostId,
      keys: [CPU],
      fromMs: START,
      toMs: at(300),
      maxPoints: 100,
    });
    expect([...found.timesMs]).toEqual([at(10), at(20), at(30), at(280)]);
    expect([...(found.columns[0] ?? [])]).toEqual([0.1, 0.2, 0.3, 0.9]);
  });

  test('watermarks and series survive being opened anew', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'openmanager-both-'));
    folders.push(folder);
    const hostId = newHost();
    const first = await opened(folder);
    await filled(first, hostId);
    await first.close();
    stores = [];
    const second = await opened(folder);
    expect((await second.watermarks()).get(hostId)).toEqual({
      bootEpoch: 1,
      seq: Math.ceil(points.length / 150),
    });
    expect(await second.series(hostId)).toEqual(keys);
    await second.append(hostId, { bootEpoch: 1, seq: 1 }, rows([CPU], [[START + 1, 7]]));
    await settled(second);
    const { timesMs } = await second.query({
      hostId,
      keys: [CPU],
      fromMs: START,
      toMs: START + MINUTE_MS,
      maxPoints: 10,
    });
    expect([...timesMs]).toEqual([START + 250, START + 30_250]);
  });

  test('a removed host is gone, the others stay', async () => {
    const store = await opened();
    const [gone, stays] = [newHost(), newHost()];
    for (const hostId of [gone, stays])
      await store.append(
        hostId,
        { bootEpoch: 1, seq: 1 },
        rows(
          [CPU],
          [
            [START + 1, 1],
            [Date.now() - MINUTE_MS, 2],
          ],
        ),
      );
    await settled(store);
    await store.removeHost(gone);
    const ask = async (hostId: string): Promise<number> =>
      (await store.query({ hostId, keys: [CPU], fromMs: 0, toMs: Date.now(), maxPoints: 10 }))
        .timesMs.length;
    expect(await ask(gone)).toBe(0);
    expect(await ask(stays)).toBe(2);
    expect((await store.watermarks()).has(gone)).toBe(false);
  });

  test('an export sees all of it', async () => {
    const store = await opened();
    const [one, two] = [newHost(), newHost()];
    await filled(store, one);
    await filled(store, two);
    const exported = new Map<string, number>();
    for await (const piece of store.exportRows({
      hostIds: [one, two],
      fromMs: 0,
      toMs: Date.now(),
    }))
      for (const column of piece.columns)
        exported.set(
          piece.hostId,
          (exported.get(piece.hostId) ?? 0) + column.filter((value) => !Number.isNaN(value)).length,
        );
    const samples = points.length * 3 - 39;
    expect(exported).toEqual(
      new Map([
        [one, samples],
        [two, samples],
      ]),
    );
  });
}

for (const kind of kinds) describe(kind.name, needs(...kind.needs), () => promises(kind));
