/**
 * A store on a Prometheus-compatible cluster. The embedded store in front of it keeps the newest hours, the agents'
 * watermarks and the records; rows are acknowledged when they are durable there and in the queue to the cluster.
 * What is older than the newest hours is read from the cluster.
 */
import { DAY_MS, HOUR_MS } from '@openmanager/protocol/durations';
import { join } from 'node:path';
import type {
  ExportedRows,
  ExportQuery,
  SelectedSeries,
  SelectQuery,
  SelectResult,
  SeriesRef,
} from '../contract/series-history.ts';
import { StoreError } from '../contract/store-error.ts';
import {
  isNewer,
  type RangeQuery,
  type RangeResult,
  type Rows,
  type Watermark,
} from '../contract/metric-store.ts';
import type { StoreOptions } from '../contract/options.ts';
import { openStore, StoreDefaults, type EmbeddedStore } from '../thread/open-store.ts';
import { exportedRows } from '../contract/exported-rows.ts';
import { stepFor } from '../contract/steps.ts';
import { RemoteClient } from './remote-client.ts';
import { RemoteReader } from './remote-reader.ts';
import {
  RemoteDefaults,
  RemoteSender,
  type RemoteStats,
  type RemoteLimits,
} from './remote-sender.ts';

export interface ClusterOptions extends StoreOptions {
  /** Base address of the cluster. */
  readonly url: string;
  /** What is younger is read from the embedded store. @default 6 hours */
  readonly newestMs?: number | undefined;
  /** Name of a host, label `instance`. @default its id */
  readonly instanceOf?: ((hostId: string) => string) | undefined;
  readonly limits?: Partial<RemoteLimits> | undefined;
  readonly now?: (() => number) | undefined;
}

export interface ClusterStore extends EmbeddedStore {
  remote(): RemoteStats;
  /** Whether everything that was appended is with the cluster, at the latest after the time. */
  drained(timeoutMs: number): Promise<boolean>;
}
const NEWEST_MS = 6 * HOUR_MS;
const MAX_POINTS = 2_000_000;
/** A host is removed from the cluster after its last samples were delivered; wait this long at most. */
const REMOVAL_MS = 5_000;

/** Opens the embedded store and the queue beside it. Throws StoreError; a cluster that is away is no reason. */
export async function openClusterStore(options: ClusterOptions): Promise<ClusterStore> {
  const {
    url,
    limits,
    newestMs = NEWEST_MS,
    instanceOf = (hostId) => hostId,
    now = Date.now,
    ...own
  } = options;
  const client = new RemoteClient({ url });
  // The embedded store keeps samples longer than it is asked for them, so that there is no hole at the border. What the
  // folder held before stays as long as its own settings say.
  const retentionMs = Math.max(
    own.retentionMs ?? StoreDefaults.retentionMs,
    newestMs + 2 * HOUR_MS,
  );
  const embedded = await openStore({ ...own, retentionMs });
  try {
    const folder = join(options.folder, 'remote-queue');
    const sender = await RemoteSender.open(
      client,
      folder,
      { ...RemoteDefaults, ...limits },
      instanceOf,
    );
    const marks = new Map(await embedded.watermarks());
    return assemble(embedded, client, sender, marks, () => now() - newestMs);
  } catch (error) {
    await embedded.close();
    throw error;
  }
}

function assemble(
  embedded: EmbeddedStore,
  client: RemoteClient,
  sender: RemoteSender,
  marks: Map<string, Watermark>,
  borderNow: () => number,
): ClusterStore {
  const reader = new RemoteReader(client);

  const select = async (
    query: SelectQuery,
    figures?: Parameters<RemoteReader['steps']>[4],
  ): Promise<SelectResult> => {
    const { fromMs, toMs, stepMs, originMs = 0, maxPoints = MAX_POINTS, signal } = query;
    let border = Math.floor(borderNow());
    if (fromMs >= border) return embedded.select(query);
    const { hostIds, keys, matchers } = query;
    const refs = query.series ?? (await embedded.listSeries({ hostIds, keys, matchers }));
    // Move the border to the grid, so that no step is split between the stores.
    if (stepMs !== undefined) border = originMs + Math.ceil((border - originMs) / stepMs) * stepMs;
    const span = { fromMs, toMs: Math.min(toMs, border - 1), maxPoints, signal };
    const older =
      stepMs === undefined
        ? await reader.samples(refs, span)
        : await reader.steps(refs, span, stepMs, originMs, figures);
    if (toMs < border) return { series: older, damaged: 0 };
    const newer = await embedded.select({ ...query, series: refs, fromMs: border });
    return { series: joined(refs, older, newer.series), damaged: newer.damaged };
  };

  const query = async (asked: RangeQuery): Promise<RangeResult> => {
    if (asked.fromMs >= borderNow()) return embedded.query(asked);
    const { hostId, toMs } = asked;
    const fromMs = Math.max(0, asked.fromMs);
    const keys = asked.keys ?? (await embedded.series(hostId));
    const series = keys.map((key) => ({ hostId, key }));
    const maxPoints = Math.max(1, Math.floor(asked.maxPoints));
    const samples = await select({
      series,
      fromMs,
      toMs,
      maxPoints: keys.length * maxPoints,
    }).catch((error: unknown) => {
      if (error instanceof StoreError && error.code === 'too-large') return undefined;
      throw error;
    });
    const rows = samples && inRows(keys, samples.series, 'last', 0);
    if (rows && rows.timesMs.length <= maxPoints) return rows;
    const lastMs = Math.min(toMs, Date.now());
    const stepMs = stepFor(fromMs, lastMs, maxPoints);
    const steps = await select({ series, fromMs, toMs: lastMs, stepMs }, ['avg']);
    return inRows(keys, steps.series, 'mean', stepMs);
  };

  async function* exportRows(asked: ExportQuery): AsyncGenerator<ExportedRows, void> {
    const { toMs } = asked;
    const border = Math.floor(borderNow());
    const { series, hostIds, keys, matchers } = asked;
    const listed = await embedded.listSeries({ series, hostIds, keys, matchers });
    const byHost = Map.groupBy(listed, ({ hostId }) => hostId);
    for (const [hostId, refs] of byHost) {
      const older = { fromMs: Math.max(0, asked.fromMs), toMs: Math.min(toMs, border - 1) };
      const bounds = { maxPoints: MAX_POINTS, signal: asked.signal };
      const days =
        older.toMs < older.fromMs ? [] : await reader.days(refs, { ...older, ...bounds });
      for (const day of [...days].sort((a, b) => a - b))
        for (let hour = 0; hour < 24; hour++) {
          const startMs = day * DAY_MS + hour * HOUR_MS;
          const fromMs = Math.max(older.fromMs, startMs);
          const untilMs = Math.min(older.toMs, startMs + HOUR_MS - 1);
          if (untilMs < fromMs) continue;
          const found = await reader.samples(refs, { fromMs, toMs: untilMs, ...bounds });
          if (found.length === 0) continue;
          yield exportedRows(hostId, found);
        }
      if (toMs < border) continue;
      const fromMs = Math.max(asked.fromMs, border);
      yield* embedded.exportRows({ series: refs, fromMs, toMs, signal: asked.signal });
    }
  }

  return {
    ...embedded,
    select: (asked) => select(asked),
    query,
    exportRows,
    append: async (agentId, mark, rows) => {
      const before = marks.get(agentId);
      if (before && !isNewer(mark, before)) return embedded.append(agentId, mark, rows);
      await Promise.all([embedded.append(agentId, mark, rows), sender.add(agentId, rows)]);
      const newest = marks.get(agentId);
      if (!newest || isNewer(mark, newest)) marks.set(agentId, mark);
    },
    importRows: async (hostId: string, rows: Rows) => {
      const [left] = await Promise.all([
        embedded.importRows(hostId, rows),
        sender.add(hostId, rows),
      ]);
      return left;
    },
    aggregate: (asked) =>
      asked.fromMs >= borderNow()
        ? embedded.aggregate(asked)
        : Promise.reject(
            new StoreError(
              'invalid',
              'fromMs: older spans of a cluster store are aggregated by PromQL, on /api/v1/query_range.',
            ),
          ),
    removeHost: async (hostId) => {
      if (!(await sender.drained(REMOVAL_MS)))
        throw new StoreError(
          'failed',
          `Samples still wait for the cluster store at ${client.url}; remove the host when it has taken them.`,
        );
      await client.removeSeries(`{host=${JSON.stringify(hostId)},job="openmanager"}`);
      await embedded.removeHost(hostId);
      marks.delete(hostId);
    },
    remote: () => sender.stats(),
    drained: (timeoutMs) => sender.drained(timeoutMs),
    close: async () => {
      await sender.stop();
      await embedded.close();
    },
  };
}

const FIGURES = ['timesMs', 'widthsMs', 'min', 'max', 'mean', 'last', 'count'] as const;

/** Points before and after the border, per series. */
function joined(
  refs: readonly SeriesRef[],
  older: readonly SelectedSeries[],
  newer: readonly SelectedSeries[],
): SelectedSeries[] {
  const name = ({ hostId, key }: SeriesRef): string => `${hostId}\u0000${key}`;
  const [before, after] = [older, newer].map((all) => new Map(all.map((one) => [name(one), one])));
  return refs.flatMap((ref) => {
    const [a, b] = [before?.get(name(ref)), after?.get(name(ref))];
    if (!a || !b) return a ?? b ?? [];
    const columns = FIGURES.map((figure) => {
      const both = new Float64Array(a[figure].length + b[figure].length);
      both.set(a[figure]);
      both.set(b[figure], a[figure].length);
      return [figure, both] as const;
    });
    return { ...ref, ...Object.fromEntries(columns) } as unknown as SelectedSeries;
  });
}

function inRows(
  keys: readonly string[],
  series: readonly SelectedSeries[],
  figure: 'last' | 'mean',
  stepMs: number,
): RangeResult {
  const timesMs = Float64Array.from(new Set(series.flatMap((one) => [...one.timesMs]))).sort();
  const rowOf = new Map(Array.from(timesMs, (time, row) => [time, row]));
  const byKey = new Map(series.map((one) => [one.key, one]));
  const columns = keys.map((key) => {
    const column = new Float64Array(timesMs.length).fill(Number.NaN);
    const one = byKey.get(key);
    for (const [place, time] of one?.timesMs.entries() ?? [])
      column[rowOf.get(time) as number] = one?.[figure][place] as number;
    return column;
  });
  return { keys, timesMs, columns, stepMs };
}
