/**
 * History as the frames that a client would have got, so that whatever shows the stream can show the past by the
 * same code. One keyframe, then a delta for each step in which something changed; encoded by the gateway's layout.
 */
import {
  encodeDelta,
  encodeKeyframe,
  headlineKeys,
  hostOfTopic,
  limits,
  metricOfKey,
  ProtocolError,
  type FrameHost,
  type HostInfo,
  type HostStatus,
} from '@openmanager/protocol';
import type { MetricStore, RangeResult } from '@openmanager/store';
import { Layout, Part, type Change, type PartOptions } from '../gateway/index.ts';
import type { ReplayRequest, ReplaySource } from '../ports/index.ts';
import { codesOf, liveStreamDefaults, priorityOf } from '../stream/index.ts';

/** Values held at once for one answer. */
const MAX_VALUES = 4_000_000;
const MAX_STEPS = 1_000;
/** Hosts whose rows are asked for at the same time. */
const AT_ONCE = 8;

export interface ReplayParts {
  readonly store: Pick<MetricStore, 'query' | 'series'>;
  /** Every known host. */
  readonly hosts: () => readonly HostInfo[];
}

/** Rows of one host, and how far the replay has come in them. */
interface Track {
  readonly info: HostInfo;
  readonly keys: readonly string[];
  /** One per key. */
  readonly columns: readonly (Float64Array | undefined)[];
  readonly rows: RangeResult;
  /** The newest row that is not after the step; -1 before the first. */
  row: number;
}

export class StoredReplay implements ReplaySource {
  readonly #parts: ReplayParts;

  constructor(parts: ReplayParts) {
    this.#parts = parts;
  }

  async frames(request: ReplayRequest): Promise<Buffer> {
    const { fromMs, toMs, stepMs } = request;
    if (!(toMs > fromMs)) throw new ProtocolError('invalid-input', 'must be after fromMs', 'toMs');
    if ((toMs - fromMs) / stepMs > MAX_STEPS)
      throw new ProtocolError(
        'invalid-input',
        `more than ${MAX_STEPS} steps: ask for a shorter span or longer steps`,
        'stepMs',
      );
    const tracks = await this.#tracks(request);
    const frames: Part[] = [];
    const layout = new Layout(tracks.map((track) => shown(track, fromMs)));
    let { offset } = request;
    const header = (kind: 'keyframe' | 'delta', hubTimeMs: number) =>
      ({ kind, channel: request.channel, offset: ++offset, span: 1, hubTimeMs }) as const;
    const facts = tracks.map(({ info }, index) => ({ index, json: JSON.stringify(info) }));
    const first = encodeKeyframe({
      hubTimeMs: fromMs,
      size: layout.size,
      hosts: layout.placed(),
      facts,
      details: undefined,
    });
    frames.push(partOf(header('keyframe', fromMs), first, true));
    for (let timeMs = fromMs + stepMs; timeMs < toMs; timeMs += stepMs) {
      const hosts = tracks.flatMap((track) => change(layout, track, timeMs) ?? []);
      if (hosts.length === 0) continue;
      const body = encodeDelta({
        hubTimeMs: timeMs,
        size: layout.size,
        hosts,
        facts: [],
        details: undefined,
      }).body();
      if (body !== undefined) frames.push(partOf(header('delta', timeMs), body, false));
    }
    return withLengths(frames);
  }

  async #tracks(request: ReplayRequest): Promise<readonly Track[]> {
    const host = hostOfTopic(request.topic);
    const known = this.#parts.hosts().filter(({ firstSeenMs }) => firstSeenMs < request.toMs);
    const wanted = host === undefined ? request.hosts : [host];
    const infos =
      wanted === undefined ? known : known.filter(({ hostId }) => wanted.includes(hostId));
    if (host !== undefined && infos.length === 0) throw new ProtocolError('not-found');
    const tracks: Track[] = [];
    let values = 0;
    for (let at = 0; at < infos.length; at += AT_ONCE) {
      const some = infos.slice(at, at + AT_ONCE).map((info) => this.#track(info, request));
      for (const track of await Promise.all(some)) {
        values += track.keys.length * track.rows.timesMs.length;
        tracks.push(track);
      }
      if (values > MAX_VALUES)
        throw new ProtocolError(
          'invalid-input',
          'too much for one answer: ask for a shorter span, fewer hosts or fewer metrics',
          'toMs',
        );
    }
    return tracks;
  }

  async #track(info: HostInfo, request: ReplayRequest): Promise<Track> {
    const { topic, fromMs, toMs, stepMs, metrics } = request;
    const all = topic === 'fleet' ? headlineKeys : await this.#parts.store.series(info.hostId);
    const keys =
      metrics === undefined
        ? all
        : all.filter((key) => metrics.includes(key) || metrics.includes(metricOfKey(key)));
    if (keys.length > limits.historySeries)
      throw new ProtocolError(
        'invalid-input',
        `the host has more than ${limits.historySeries} series: name some`,
        'metrics',
      );
    // What was measured shortly before is what was shown at the beginning.
    const backMs = fromMs - liveStreamDefaults.offlineMs;
    const rows = await this.#parts.store.query({
      hostId: info.hostId,
      keys,
      fromMs: backMs,
      toMs: toMs - 1,
      maxPoints: Math.ceil((toMs - backMs) / stepMs),
    });
    const byKey = new Map(rows.keys.map((key, index) => [key, rows.columns[index]]));
    return { info, keys, columns: keys.map((key) => byKey.get(key)), rows, row: -1 };
  }
}

/** The host as it was at a time; takes the track there. */
function shown(track: Track, timeMs: number): FrameHost {
  const { rows, info, keys, columns } = track;
  while ((rows.timesMs[track.row + 1] ?? Infinity) <= timeMs) track.row++;
  const { row } = track;
  const { hostId } = info;
  if (row < 0) {
    const codes = new Float64Array(keys.length);
    return { hostId, keys, timeMs: 0, status: 'offline', priority: 'low', codes };
  }
  const sampleMs = rows.timesMs[row] as number;
  const values = Float64Array.from(columns, (column) => column?.[row] ?? Number.NaN);
  const status = statusOf(timeMs - sampleMs - rows.stepMs, info.intervalMs);
  const priority = priorityOf({ keys, values, status, severity: undefined });
  return { hostId, keys, timeMs: sampleMs, status, priority, codes: codesOf(keys, values) };
}

function statusOf(silentMs: number, intervalMs: number): HostStatus {
  const { staleIntervals, offlineMs } = liveStreamDefaults;
  if (silentMs > Math.max(offlineMs, staleIntervals * intervalMs)) return 'offline';
  return silentMs > staleIntervals * intervalMs ? 'stale' : 'online';
}

function change(layout: Layout, track: Track, timeMs: number): Change | undefined {
  const before = layout.get(track.info.hostId);
  const now = shown(track, timeMs);
  if (before?.timeMs === now.timeMs && before.status === now.status) return undefined;
  return layout.change(now);
}

function partOf(header: PartOptions['header'], body: Uint8Array, compress: boolean): Part {
  return new Part({ header, body, inSequence: true, compress });
}

function withLengths(parts: readonly Part[]): Buffer {
  return Buffer.concat(
    parts.flatMap((part) => {
      const frame = part.bytes(true);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(frame.length);
      return [length, frame];
    }),
  );
}
