import { headlineKeys, metricOfKey, type FrameHost, type Priority } from '@openmanager/protocol';
import {
  atLeast,
  type HostDirectory,
  type HostTick,
  type LateRows,
  type LiveTicks,
  type OutlookSource,
} from '../ports/index.ts';
import type { View } from './frame-channel.ts';

type Live = LiveTicks & Pick<HostDirectory, 'processes'>;
type Outlooks = Pick<OutlookSource, 'outlook'>;

/** Places of the headline keys by key array: arrays are shared by all ticks of a set. */
const headlinePlaces = new WeakMap<readonly string[], Int32Array>();

function placesIn(keys: readonly string[]): Int32Array {
  let places = headlinePlaces.get(keys);
  if (places === undefined) {
    places = Int32Array.from(headlineKeys, (key) => keys.indexOf(key));
    headlinePlaces.set(keys, places);
  }
  return places;
}

/** Headline hosts by tick, for the channels of all priorities: ticks are immutable. */
const headlines = new WeakMap<HostTick, FrameHost>();

function headlineOf(tick: HostTick): FrameHost {
  let host = headlines.get(tick);
  if (host === undefined) {
    const { hostId, timeMs, status, priority, codes } = tick;
    const shown = Float64Array.from(placesIn(tick.keys), (place) => codes[place] ?? 0);
    // Always all headline keys, so that hosts with few of them need no keyset of their own.
    host = { hostId, timeMs, status, priority, keys: headlineKeys, codes: shown };
    headlines.set(tick, host);
  }
  return host;
}

/** Headline values of every host that reaches `min`. */
export function fleetView(live: Live, min: Priority): View {
  return {
    ticks: () => live.all(),
    show: (tick) => (atLeast(tick.priority, min) ? headlineOf(tick) : undefined),
    showLate: headlineRows,
    details: () => undefined,
    historyKeys: () => headlineKeys,
  };
}

/** Every series of one host. */
export function hostView(live: Live, outlooks: Outlooks, hostId: string): View {
  return {
    ticks: () => {
      const tick = live.state(hostId);
      return tick === undefined ? [] : [tick];
    },
    show: (tick) => tick,
    showLate: (rows) => (rows.timesMs.length > 0 ? rows : undefined),
    details: () => {
      const table = live.processes(hostId);
      const outlook = outlooks.outlook(hostId);
      if (table === undefined && outlook === undefined) return undefined;
      return {
        ...(table === undefined ? {} : { processes: { timeMs: table.timeMs, rows: table.rows } }),
        ...(outlook === undefined ? {} : { outlook }),
      };
    },
    historyKeys: () => undefined,
  };
}

/** The same hosts with some of their series: those named by key or by metric. */
export function metricsView(live: Live, whole: View, metrics: readonly string[]): View {
  const wanted = new Set(metrics);
  /** By key array, so that the picked keys are the same array as long as the host's are. */
  const picks = new WeakMap<
    readonly string[],
    { readonly keys: readonly string[]; readonly places: readonly number[] }
  >();
  const pickOf = (
    keys: readonly string[],
  ): { readonly keys: readonly string[]; readonly places: readonly number[] } => {
    let pick = picks.get(keys);
    if (pick === undefined) {
      const places = [...keys.keys()].filter((place) => {
        const key = keys[place] as string;
        return wanted.has(key) || wanted.has(metricOfKey(key));
      });
      pick = { keys: places.map((place) => keys[place] as string), places };
      picks.set(keys, pick);
    }
    return pick;
  };
  return {
    ticks: whole.ticks,
    details: whole.details,
    show(tick) {
      const host = whole.show(tick);
      if (host === undefined) return undefined;
      const { keys, places } = pickOf(host.keys);
      const codes = Float64Array.from(places, (place) => host.codes[place] as number);
      return { ...host, keys, codes };
    },
    showLate(rows) {
      const shown = whole.showLate(rows);
      if (shown === undefined) return undefined;
      const { keys, places } = pickOf(shown.keys);
      if (keys.length === 0) return undefined;
      return { ...shown, keys, columns: places.map((at) => shown.columns[at] as Float64Array) };
    },
    historyKeys: (hostId) =>
      pickOf(whole.historyKeys(hostId) ?? live.state(hostId)?.keys ?? []).keys,
  };
}

function headlineRows(rows: LateRows): LateRows | undefined {
  const keys: string[] = [];
  const columns: Float64Array[] = [];
  for (const [index, place] of placesIn(rows.keys).entries()) {
    const column = rows.columns[place];
    if (column === undefined) continue;
    keys.push(headlineKeys[index] as string);
    columns.push(column);
  }
  if (keys.length === 0 || rows.timesMs.length === 0) return undefined;
  return { hostId: rows.hostId, keys, timesMs: rows.timesMs, columns };
}
