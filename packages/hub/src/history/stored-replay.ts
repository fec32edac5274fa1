/**
 * History as the frames that a client would have got, so that whatever shows the stream can show the past by the
 * same code. One keyframe, then a delta for each step in which something changed.
 */
import {
  headlineKeys,
  targetOfTopic,
  limits,
  metricOfKey,
  ProtocolError,
  type FrameHost,
  type HostInfo,
  type HostStatus,
} from '@openmanager/protocol';
import type { MetricStore, RangeResult } from '@openmanager/store';
import type {
  FirstFrame,
  FrameWriter,
  HostDisplay,
  KnownHosts,
  ReplayRequest,
  ReplaySource,
} from '../ports/index.ts';

/** Values held at once for one answer. */
const MAX_VALUES = 4_000_000;
const MAX_STEPS = 1_000;
/** Hosts whose rows are asked for at the same time. */
const AT_ONCE = 8;

export interface ReplayParts {
  readonly store: Pick<MetricStore, 'query' | 'series'>;
  readonly hosts: Pick<KnownHosts, 'all'>;
  readonly display: HostDisplay;
  readonly openFrames: (first: FirstFrame) => FrameWriter;
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
    const frames = this.#parts.openFrames({
      channel: request.channel,
      offset: request.offset,
      hubTimeMs: fromMs,
      hosts: tracks.map((track) => this.#shown(track, fromMs)),
      infos: tracks.map(({ info }) => info),
    });
    for (let timeMs = fromMs + stepMs; timeMs < toMs; timeMs += stepMs) {
      const hosts = tracks.map((track) => this.#shown(track, timeMs));
      frames.delta(
        timeMs,
        hosts.filter((host) => differs(frames.host(host.hostId), host)),
      );
    }
    return withLengths(frames.frames());
  }

  async #tracks(request: ReplayRequest): Promise<readonly Track[]> {
    const host = targetOfTopic(request.topic);
    const known = this.#parts.hosts.all().filter(({ firstSeenMs }) => firstSeenMs < request.toMs);
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
    const backMs = fromMs - this.#parts.display.offlineMs;
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

  /** The host as it was at a time; takes the track there. */
  #shown(track: Track, timeMs: number): FrameHost {
    const { display } = this.#parts;
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
    const status = this.#statusOf(timeMs - sampleMs - rows.stepMs, info.intervalMs);
    const priority = display.priorityOf({ keys, values, status, severity: undefined });
    return {
      hostId,
      keys,
      timeMs: sampleMs,
      status,
      priority,
      codes: display.codesOf(keys, values),
    };
  }

  #statusOf(silentMs: number, intervalMs: number): HostStatus {
    const { staleIntervals, offlineMs } = this.#parts.display;
    if (silentMs > Math.max(offlineMs, staleIntervals * intervalMs)) return 'offline';
    return silentMs > staleIntervals * intervalMs ? 'stale' : 'online';
  }
}

/** Whether there is something new of the host to look at. */
function differs(before: FrameHost | undefined, now: FrameHost): boolean {
  return before?.timeMs !== now.timeMs || before.status !== now.status;
}

function withLengths(frames: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    frames.flatMap((frame) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(frame.length);
      return [length, frame];
    }),
  );
}
