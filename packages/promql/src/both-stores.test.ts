/** Queries see all of a host's history, wherever the store keeps it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HOUR_MS } from '@openmanager/protocol/durations';
import { seriesKey } from '@openmanager/protocol';
import { openClusterStore, openStore, type EmbeddedStore } from '@openmanager/store';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { needs } from '../../../scripts/peers/needs.ts';
import { VictoriaMetrics } from '../../../scripts/peers/victoria-metrics.ts';
import { rows } from '../../store/test/stores.ts';
import { PromqlEngine } from './index.ts';

/** Most is older than what the cluster store keeps itself, some is younger. */
const START = Math.floor((Date.now() - 5 * HOUR_MS) / HOUR_MS) * HOUR_MS;
const NEWEST_MS = 1.5 * HOUR_MS;
const STEP_MS = 30_000;
const QUEUE = seriesKey('app.queue.length', { 'queue.name': 'a "b" \\ c|d', zone: '서울' });
const HOSTS = ['host-1', 'host-2'];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'openmanager-promql-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function filled(store: EmbeddedStore): Promise<void> {
  const points = Array.from({ length: Math.floor((Date.now() - START) / STEP_MS) }, (_, row) => [
    START + row * STEP_MS + 250,
    row % 7,
  ]);
  for (const hostId of HOSTS)
    for (let from = 0, seq = 1; from < points.length; from += 150, seq++)
      await store.append(
        hostId,
        { bootEpoch: 1, seq },
        rows([QUEUE], points.slice(from, from + 150)),
      );
}

async function counts(store: EmbeddedStore): Promise<readonly (readonly string[])[]> {
  const engine = new PromqlEngine({
    history: store,
    hosts: () => HOSTS.map((hostId) => ({ hostId, instance: hostId })),
  });
  const data = await engine.ask({
    kind: 'range',
    text: `count_over_time(app_queue_length{zone="서울"}[1h])`,
    startMs: START + HOUR_MS,
    endMs: START + 4 * HOUR_MS,
    stepMs: HOUR_MS,
  });
  engine.stop();
  const { result } = JSON.parse(new TextDecoder().decode(data)) as {
    result: readonly { values: readonly [number, string][] }[];
  };
  return result.map(({ values }) => values.map(([, count]) => count));
}

const ALL = HOSTS.map(() => ['120', '120', '120', '120']);

test('in the embedded store', async () => {
  const store = await openStore({ folder: join(folder, 'embedded'), commitDelayMs: 1 });
  await filled(store);
  expect(await counts(store)).toEqual(ALL);
  await store.close();
});

test('in a cluster behind the data folder', needs('victoria-metrics'), async () => {
  const peer = await (await VictoriaMetrics.create()).start();
  const store = await openClusterStore({
    folder: join(folder, 'cluster'),
    url: peer.url,
    newestMs: NEWEST_MS,
    commitDelayMs: 1,
    limits: { gatherMs: 5 },
  });
  await filled(store);
  expect(await store.drained(20_000)).toBe(true);
  await peer.flush();
  expect(await counts(store)).toEqual(ALL);
  await store.close();
  await peer.remove();
});
