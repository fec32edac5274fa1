import { MINUTE_MS } from '@openmanager/protocol/durations';
import type { HostInfo, HostStatus, HostSummary, Severity } from '@openmanager/protocol';
import {
  asyncScheduler,
  filter,
  interval,
  map,
  merge,
  Subject,
  type Observable,
  type SchedulerLike,
  type Subscription,
} from 'rxjs';
import type { HostDirectory, Judge, LiveInput, Unsubscribe } from '../ports/live.ts';
import { missedNothing, type Pulse } from '../ports/pulse.ts';
import type { Clock } from '../ports/service.ts';
import type { HostTick, LiveTicks } from '../ports/tick.ts';
import type { HostUpdate, LateRows, ProcessTable } from '../ports/update.ts';
import { conflate } from './conflate.ts';
import { distinct } from './distinct.ts';
import { Hosts, summaryOf, type HostEntry } from './hosts.ts';
import { judged } from './judge.ts';
import { Listeners } from './listeners.ts';
import { perHost } from './per-host.ts';
import { shownStatus, type PresenceLimits, type PresenceState } from './presence.ts';
import { prioritised } from './priority.ts';
import type { HostSignal, HostView } from './view.ts';

export interface LiveStreamOptions extends Partial<PresenceLimits> {
  readonly clock: Clock;
  readonly judge: Judge;
  /** @default the hub misses nothing */
  readonly pulse?: Pulse;
  /** Timers. @default RxJS's asyncScheduler */
  readonly scheduler?: SchedulerLike;
  /** Each host gives at most one tick per this time. @default 1000 */
  readonly conflateMs?: number;
  /** How much of that a tick may be early, so that one late sample does not delay all later ones. @default 200 */
  readonly conflateSlackMs?: number;
  /** Interval of the sweep for silent hosts, ms. @default 500 */
  readonly sweepMs?: number;
  /** Further hosts are refused and counted. @default 10_000 */
  readonly maxHosts?: number;
  /** What the judge or a listener threw. @default throws it again outside the stream, which ends the process */
  readonly onError?: (error: unknown) => void;
}

export const liveStreamDefaults: Readonly<Required<Omit<LiveStreamOptions, 'clock' | 'judge'>>> = {
  pulse: missedNothing,
  scheduler: asyncScheduler,
  conflateMs: 1_000,
  conflateSlackMs: 200,
  sweepMs: 500,
  maxHosts: 10_000,
  staleIntervals: 3,
  offlineMs: MINUTE_MS,
  onError: (error: unknown): void => {
    queueMicrotask(() => {
      throw error;
    });
  },
};

/** What the stream did since it was made. */
export interface StreamStats {
  readonly hosts: number;
  readonly updates: number;
  readonly ticks: number;
  /** Views that a newer one of the same host took the place of within a second. */
  readonly conflated: number;
  /** Views that would have looked like the tick before. */
  readonly unchanged: number;
  /** Calls about hosts that were never made known by `hostInfo`, or were removed. */
  readonly unknownHost: number;
  /** Hosts refused because there were too many. */
  readonly hostsRefused: number;
}

/** The one live stream: samples in, judged at once, at most one tick a second and host out. */
export type LiveStream = LiveInput &
  HostDirectory &
  LiveTicks & {
    /** A host's worst firing severity changed without a sample: an alert fired by time, or was restored. */
    severity(hostId: string, severity: Severity | undefined): void;
    /** All newest values of the host, in the order of their series keys. */
    newest(hostId: string): Pick<HostView, 'keys' | 'values'> | undefined;
    stats(): StreamStats;
    stop(): void;
  };

/** Runs at once; `stop` ends its timers. `hostInfo` comes before anything else about a host. */
export function createLiveStream(options: LiveStreamOptions): LiveStream {
  return new KeyedLiveStream({ ...liveStreamDefaults, ...options });
}

class KeyedLiveStream implements LiveStream {
  readonly #options: Required<LiveStreamOptions>;
  readonly #hosts: Hosts;
  readonly #updates = new Subject<HostUpdate>();
  readonly #signals = new Subject<HostSignal>();
  readonly #removed = new Subject<string>();
  readonly #running: Subscription;
  readonly #onTick: Listeners<[HostTick]>;
  readonly #onLate: Listeners<[LateRows]>;
  readonly #onProcesses: Listeners<[ProcessTable]>;
  readonly #onHostInfo: Listeners<[HostInfo]>;
  readonly #onRemoved: Listeners<[string]>;
  readonly #onStatus: Listeners<[string, HostStatus, HostStatus]>;
  readonly #counts = {
    updates: 0,
    ticks: 0,
    conflated: 0,
    unchanged: 0,
    unknownHost: 0,
    hostsRefused: 0,
  };

  constructor(options: Required<LiveStreamOptions>) {
    this.#options = options;
    this.#hosts = new Hosts(options, options.maxHosts);
    this.#onTick = new Listeners(options.onError);
    this.#onLate = new Listeners(options.onError);
    this.#onProcesses = new Listeners(options.onError);
    this.#onHostInfo = new Listeners(options.onError);
    this.#onRemoved = new Listeners(options.onError);
    this.#onStatus = new Listeners(options.onError);
    this.#running = this.#ticks().subscribe((tick) => this.#deliver(tick));
    this.#running.add(options.pulse.onMissed((ms) => this.#missed(ms)));
    this.#running.add(interval(options.sweepMs, options.scheduler).subscribe(() => this.#sweep()));
  }

  /** The pipeline. */
  #ticks(): Observable<HostTick> {
    const { judge, onError, conflateMs, conflateSlackMs, scheduler } = this.#options;
    const counts = this.#counts;
    const samples$ = this.#updates.pipe(
      judged(judge, (hostId) => this.#hosts.get(hostId)?.view.severity, onError),
    );
    return merge(samples$, this.#signals).pipe(
      map((signal) => this.#hosts.apply(signal)),
      filter((view) => view !== undefined),
      perHost(this.#removed, (host$: Observable<HostView>) =>
        host$.pipe(
          conflate({
            intervalMs: conflateMs,
            slackMs: conflateSlackMs,
            scheduler,
            // A host that has just become known shows at once, and its first sample does not wait for that.
            isFree: (view) => view.keys.length === 0,
            onReplaced: () => counts.conflated++,
          }),
          prioritised(),
          distinct(() => counts.unchanged++),
        ),
      ),
    );
  }

  #deliver(tick: HostTick): void {
    const entry = this.#hosts.get(tick.hostId);
    if (!entry) return;
    entry.tick = tick;
    this.#counts.ticks++;
    this.#onTick.call(tick);
  }

  #sweep(): void {
    this.#options.pulse.check();
    const nowMs = this.#options.clock.now();
    for (const [hostId, entry] of this.#hosts.entries()) {
      const before = entry.presence.elapsed(nowMs);
      this.#showStatus(hostId, entry, before);
    }
  }

  #missed(ms: number): void {
    const nowMs = this.#options.clock.now();
    for (const [, { presence }] of this.#hosts.entries()) presence.missed(ms, nowMs);
  }

  #showStatus(hostId: string, entry: HostEntry, before: PresenceState): void {
    const after = entry.presence.state;
    if (after === before) return;
    this.#signals.next({ kind: 'status', hostId, status: shownStatus(after) });
    // A first sign of life after the hub's start is not a recovery.
    if (before === 'expected' && after === 'online') return;
    this.#onStatus.call(hostId, shownStatus(after), shownStatus(before));
  }

  #known(hostId: string): HostEntry | undefined {
    const entry = this.#hosts.get(hostId);
    if (!entry) this.#counts.unknownHost++;
    return entry;
  }

  update(update: HostUpdate): void {
    const entry = this.#known(update.hostId);
    if (!entry) return;
    this.#counts.updates++;
    const before = entry.presence.heard(this.#options.clock.now());
    this.#updates.next(update);
    this.#showStatus(update.hostId, entry, before);
  }

  late(rows: LateRows): void {
    if (this.#known(rows.hostId)) this.#onLate.call(rows);
  }

  processes(hostId: string): ProcessTable | undefined;
  processes(table: ProcessTable): void;
  processes(about: string | ProcessTable): ProcessTable | undefined {
    if (typeof about === 'string') return this.#hosts.get(about)?.processes;
    const entry = this.#known(about.hostId);
    if (!entry) return undefined;
    entry.processes = about;
    this.#onProcesses.call(about);
    return undefined;
  }

  hostInfo(info: HostInfo): void {
    const { hostId } = info;
    const known = this.#hosts.get(hostId);
    if (known) {
      known.presence.setInterval(info.intervalMs);
      const same = JSON.stringify(known.info) === JSON.stringify(info);
      known.info = info;
      if (!same) this.#onHostInfo.call(info);
      return;
    }
    const entry = this.#hosts.add(info, this.#options.clock.now());
    if (!entry) {
      this.#counts.hostsRefused++;
      return;
    }
    this.#onHostInfo.call(info);
    this.#signals.next({ kind: 'known', hostId });
  }

  connected(hostId: string, connected: boolean): void {
    const entry = this.#known(hostId);
    if (!entry || !connected) return;
    this.#showStatus(hostId, entry, entry.presence.connected(this.#options.clock.now()));
  }

  severity(hostId: string, severity: Severity | undefined): void {
    if (this.#known(hostId)) this.#signals.next({ kind: 'severity', hostId, severity });
  }

  removeHost(hostId: string): void {
    if (!this.#hosts.remove(hostId)) return;
    this.#removed.next(hostId);
    this.#onRemoved.call(hostId);
  }

  hosts(): readonly HostSummary[] {
    return Array.from(this.#hosts.entries(), ([, entry]) => summaryOf(entry));
  }

  newest(hostId: string): Pick<HostView, 'keys' | 'values'> | undefined {
    return this.#hosts.get(hostId)?.view;
  }

  host(hostId: string): HostSummary | undefined {
    const entry = this.#hosts.get(hostId);
    return entry && summaryOf(entry);
  }

  state(hostId: string): HostTick | undefined {
    return this.#hosts.get(hostId)?.tick;
  }

  all(): readonly HostTick[] {
    return Array.from(this.#hosts.entries()).flatMap(([, { tick }]) => tick ?? []);
  }

  info(hostId: string): HostInfo | undefined {
    return this.#hosts.get(hostId)?.info;
  }

  onTick(listener: (tick: HostTick) => void): Unsubscribe {
    return this.#onTick.add(listener);
  }

  onLate(listener: (rows: LateRows) => void): Unsubscribe {
    return this.#onLate.add(listener);
  }

  onProcesses(listener: (table: ProcessTable) => void): Unsubscribe {
    return this.#onProcesses.add(listener);
  }

  onHostInfo(listener: (info: HostInfo) => void): Unsubscribe {
    return this.#onHostInfo.add(listener);
  }

  onRemoved(listener: (hostId: string) => void): Unsubscribe {
    return this.#onRemoved.add(listener);
  }

  onStatus(
    listener: (hostId: string, status: HostStatus, previous: HostStatus) => void,
  ): Unsubscribe {
    return this.#onStatus.add(listener);
  }

  stats(): StreamStats {
    return { hosts: this.#hosts.size, ...this.#counts };
  }

  stop(): void {
    this.#running.unsubscribe();
  }
}
