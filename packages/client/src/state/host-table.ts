import {
  dequantise,
  displayPrecision,
  isKnownMetric,
  metricOfKey,
  type DecodedKeyframe,
  type Delta,
  type DeltaLayout,
  type FrameHost,
  type FrameMeta,
  type HostBefore,
  type HostDelta,
  type HostInfo,
  type Precision,
} from '@openmanager/protocol';
import type { HostState, ServerMetrics } from '../types.ts';

/** What is known of a list of keys; hosts with the same series share one. */
interface KeySet {
  readonly keys: readonly string[];
  readonly precisions: readonly Precision[];
  /** Places of catalogued metrics without attributes. */
  readonly plain: readonly number[];
}

export interface HostRow {
  readonly hostId: string;
  readonly keySet: KeySet;
  readonly codings: Uint8Array;
  readonly codes: Float64Array;
  /** Base units, NaN where there is no value. */
  readonly values: Float64Array;
  current: ServerMetrics;
}

/** State of the hosts of one frame topic: a keyframe sets it, a delta changes it. Unchanged hosts keep their object. */
export class HostTable implements DeltaLayout {
  #rows: HostRow[] = [];
  /** By index in the hub's layout, which may hold hosts that this client does not show. */
  #byIndex = new Map<number, HostRow>();
  #byId = new Map<string, HostRow>();
  #keySets = new WeakMap<readonly string[], KeySet>();
  #tables: HostState['processes'] = null;
  #outlook: HostState['outlook'] = null;
  #listed: readonly ServerMetrics[] | undefined;
  #layoutSize = 0;

  /** Hosts in the hub's layout. */
  get size(): number {
    return this.#layoutSize;
  }

  /** What a delta is decoded with. */
  host(index: number): HostBefore | undefined {
    const row = this.#byIndex.get(index);
    if (!row) return undefined;
    const { status, priority } = row.current;
    return { codes: row.codes, codings: row.codings, status, priority };
  }

  get list(): readonly ServerMetrics[] {
    return (this.#listed ??= this.#rows.map((row) => row.current));
  }

  get processes(): HostState['processes'] {
    return this.#tables;
  }

  get outlook(): HostState['outlook'] {
    return this.#outlook;
  }

  state(hostId: string): ServerMetrics | undefined {
    return this.#byId.get(hostId)?.current;
  }

  /** Takes the state over; answers all rows. */
  keyframe(frame: DecodedKeyframe): readonly HostRow[] {
    const infos = infosOf(frame.meta);
    const former = this.#byId;
    this.#rows = frame.hosts.map((host) =>
      this.#rowFrom(host, former.get(host.hostId), infos.get(host.hostId)),
    );
    this.#byId = new Map(this.#rows.map((row) => [row.hostId, row]));
    this.#byIndex = new Map(frame.hosts.map(({ index }, at) => [index, this.#rows[at] as HostRow]));
    this.#layoutSize = frame.size;
    this.#tables = frame.meta?.processes ?? this.#tables;
    this.#outlook = frame.meta?.outlook ?? this.#outlook;
    this.#listed = undefined;
    return this.#rows;
  }

  /** Applies the changes; returns the rows that have a new sample. */
  delta(frame: Delta): readonly HostRow[] {
    const infos = infosOf(frame.meta);
    const touched: HostRow[] = [];
    for (const change of frame.hosts) {
      const row = this.#byIndex.get(change.index);
      if (!row) continue;
      this.#change(row, change, infos.get(row.hostId));
      infos.delete(row.hostId);
      touched.push(row);
    }
    for (const [hostId, info] of infos) {
      const row = this.#byId.get(hostId);
      if (row) row.current = { ...row.current, hostname: info.facts.hostname, info };
    }
    this.#tables = frame.meta?.processes ?? this.#tables;
    this.#outlook = frame.meta?.outlook ?? this.#outlook;
    if (touched.length > 0 || infos.size > 0) this.#listed = undefined;
    return touched;
  }

  #rowFrom(
    host: DecodedKeyframe['hosts'][number],
    former: HostRow | undefined,
    sent: HostInfo | undefined,
  ): HostRow {
    const keySet = this.#keySetOf(host.keys);
    const info = sameInfo(former?.current.info, sent) ?? unknownInfo(host.hostId);
    if (former && isSameState(former, host, info)) return former;
    const values = new Float64Array(host.codes.length);
    for (let index = 0; index < values.length; index++)
      values[index] = dequantise(
        host.codes[index] as number,
        keySet.precisions[index] as Precision,
      );
    const { hostId, status, priority, timeMs } = host;
    const current: ServerMetrics = {
      hostId,
      hostname: info.facts.hostname,
      info,
      status,
      priority,
      timeMs,
      ...valuesOf(keySet, values),
    };
    return { hostId, keySet, codings: host.codings, codes: host.codes, values, current };
  }

  #change(row: HostRow, change: HostDelta, sent: HostInfo | undefined): void {
    const { keySet } = row;
    for (const [at, key] of change.changed.entries()) {
      const code = change.codes[at] as number;
      row.codes[key] = code;
      row.values[key] = dequantise(code, keySet.precisions[key] as Precision);
    }
    const { status, priority, timeMs } = change;
    const info = sameInfo(row.current.info, sent) ?? row.current.info;
    row.current = {
      ...row.current,
      hostname: info.facts.hostname,
      info,
      status,
      priority,
      timeMs,
      ...(change.changed.length > 0 ? valuesOf(keySet, row.values) : {}),
    };
  }

  #keySetOf(keys: readonly string[]): KeySet {
    let keySet = this.#keySets.get(keys);
    if (!keySet) {
      const plain: number[] = [];
      for (const [index, key] of keys.entries()) if (isKnownMetric(key)) plain.push(index);
      keySet = { keys, precisions: keys.map((key) => displayPrecision(metricOfKey(key))), plain };
      this.#keySets.set(keys, keySet);
    }
    return keySet;
  }
}

function valuesOf(keySet: KeySet, values: Float64Array): Pick<ServerMetrics, 'metrics' | 'series'> {
  const series: Record<string, number> = {};
  for (const [index, key] of keySet.keys.entries()) {
    const value = values[index] as number;
    if (!Number.isNaN(value)) series[key] = value;
  }
  const metrics: Record<string, number> = {};
  for (const index of keySet.plain) {
    const value = values[index] as number;
    if (!Number.isNaN(value)) metrics[keySet.keys[index] as string] = value;
  }
  return { metrics, series };
}

function infosOf(meta: FrameMeta | undefined): Map<string, HostInfo> {
  return new Map((meta?.hosts ?? []).map((info) => [info.hostId, info]));
}

/** The former object when nothing in it changed, so that it keeps its identity. */
function sameInfo(former: HostInfo | undefined, sent: HostInfo | undefined): HostInfo | undefined {
  if (!former || !sent) return sent ?? former;
  return JSON.stringify(former) === JSON.stringify(sent) ? former : sent;
}

function isSameState(row: HostRow, host: FrameHost, info: HostInfo): boolean {
  const { current, codes, keySet } = row;
  return (
    current.info === info &&
    current.timeMs === host.timeMs &&
    current.status === host.status &&
    current.priority === host.priority &&
    keySet.keys.length === host.keys.length &&
    keySet.keys.every(
      (key, index) => key === host.keys[index] && codes[index] === host.codes[index],
    )
  );
}

/** Placeholder for a host without facts yet; its id serves as its name. */
function unknownInfo(hostId: string): HostInfo {
  return {
    hostId,
    facts: {
      hostname: hostId,
      os: '',
      osName: '',
      kernel: '',
      arch: '',
      cpuModel: '',
      cpuCount: 0,
      memoryBytes: 0,
      timeZone: '',
      agentVersion: '',
      demo: false,
    },
    clockOffsetMs: 0,
    clockSkewed: false,
    intervalMs: 0,
    firstSeenMs: 0,
  };
}
