import { openVault } from '@openmanager/alerting/notify';
import type { Rule } from '@openmanager/alerting';
import { SECOND_MS } from '@openmanager/protocol/durations';
import type { Alert, HostInfo, RuleInfo, Severity } from '@openmanager/protocol';
import type { MetricStore, RecordStore } from '@openmanager/store';
import type {
  AlertDesk,
  AlertSource,
  Clock,
  EventLog,
  HealthIssues,
  HostUpdate,
  KnownHosts,
  LagMeter,
  LiveForesight,
  Pulse,
  Service,
  Unsubscribe,
} from '../ports/index.ts';
import { Journal } from '../records/index.ts';
import { alertDesk } from './alert-desk.ts';
import { AlertKeeper } from './alert-keeper.ts';
import { AlertSettings } from './alert-settings.ts';
import { Backtester } from './backtest.ts';
import { ImportedMetrics } from './imported-metrics.ts';
import { Heartbeat } from './heartbeat.ts';
import { Outbox } from './outbox.ts';

const TICK_MS = 1_000;
/** Debounce: alerts that fire together are dispatched together, without waiting for the next tick. */
const POLL_MS = 20;

export interface AlertsOptions {
  readonly records: RecordStore;
  readonly history: Pick<MetricStore, 'series' | 'query'>;
  /** Folder of the key that seals receivers' secrets. */
  readonly dataFolder: string;
  /** Address of the dashboard, for links in messages. */
  readonly publicUrl?: string | undefined;
  readonly clock: Clock;
  readonly pulse: Pulse;
  /** How late the hub is: rules are about it, too. @default it never is */
  readonly lag?: LagMeter & { readonly lateMs: number };
  /** Undefined while the clock is in doubt: nothing is removed by its age. */
  readonly agesFrom?: ((nowMs: number) => number | undefined) | undefined;
  readonly issues: HealthIssues;
  readonly hosts: KnownHosts;
  readonly events: Pick<EventLog, 'onEvent'>;
  readonly foresight: LiveForesight;
  /** URL of a PastForesightModule. */
  readonly foresightModule: string;
}

interface AlertParts {
  readonly journal: Journal<Alert>;
  readonly settings: AlertSettings;
  readonly outbox: Outbox;
  readonly keeper: AlertKeeper;
  readonly backtester: Backtester;
}

type SeverityListener = (hostId: string, severity: Severity | undefined) => void;

/** The alerts domain: evaluates rules, keeps alerts and their history, and dispatches notifications. */
export class Alerts implements AlertSource, Service {
  readonly #options: AlertsOptions;
  readonly #journal: Journal<Alert>;
  readonly #outbox: Outbox;
  readonly #heartbeat: Heartbeat;
  readonly #keeper: AlertKeeper;
  readonly #backtester: Backtester;
  readonly #severityListeners = new Set<SeverityListener>();
  /** The alerting operations of the REST API. */
  readonly desk: AlertDesk;
  #timer: NodeJS.Timeout | undefined;
  #polling: NodeJS.Timeout | undefined;

  private constructor(options: AlertsOptions, parts: AlertParts) {
    const { settings, outbox, keeper } = parts;
    this.#options = options;
    this.#journal = parts.journal;
    this.#outbox = outbox;
    this.#heartbeat = new Heartbeat({ ...options, settings });
    this.#keeper = keeper;
    this.#backtester = parts.backtester;
    const imported = new ImportedMetrics({ ...options, seen: keeper.seen });
    this.desk = alertDesk({ ...parts, imported, hosts: options.hosts });
    options.foresight.followMetrics(forecastMetrics(settings.rules()));
    settings.onChange((what) => {
      if (typeof what === 'object') {
        this.#heartbeat.again(what.receiverId);
        return outbox.retry(what.receiverId);
      }
      if (what === 'rules') this.#replaceRules(settings.rules());
      outbox.configure();
    });
    keeper.onChange(() => this.#pollSoon());
    this.#listen();
  }

  static async open(options: AlertsOptions): Promise<Alerts> {
    const { records, clock, issues, hosts, foresight } = options;
    const settings = await AlertSettings.open({
      records,
      issues,
      vault: openVault(options.dataFolder),
      publicUrl: options.publicUrl,
    });
    const journal = new Journal<Alert>({
      records,
      issues,
      part: 'alerts',
      failure: 'Alerts cannot be stored; they are announced all the same.',
    });
    const outbox = await Outbox.open({ records, clock, journal, issues, settings, hosts });
    const keeper = await AlertKeeper.open({
      records,
      clock,
      journal,
      hosts,
      outbox,
      rules: settings.rules(),
      agesFrom: options.agesFrom,
      engine: { foresight },
    });
    const backtester = new Backtester(options);
    return new Alerts(options, { journal, settings, outbox, keeper, backtester });
  }

  /** Hosts known from before are expected back unless their agent was revoked. */
  async run(): Promise<void> {
    const { hosts } = this.#options;
    this.#outbox.reconcile(this.#keeper.current());
    for (const info of hosts.all())
      if (hosts.isExpected(info.hostId)) this.#keeper.expect(info, true);
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** No notification is sent from here on; those in flight settle. */
  async drain(): Promise<void> {
    clearInterval(this.#timer);
    clearTimeout(this.#polling);
    this.#keeper.keepJudged();
    this.#backtester.stop();
    await Promise.all([this.#outbox.drain(), this.#heartbeat.drain()]);
  }

  async stop(): Promise<void> {
    this.#outbox.stop();
    await this.#journal.drain();
  }

  /** Judges a sample at once; answers the host's worst firing severity. */
  judge(update: HostUpdate): Severity | undefined {
    const startMs = performance.now();
    const severity = this.#keeper.judge(update);
    this.#options.lag?.record('evaluation', performance.now() - startMs);
    return severity;
  }

  current(): readonly Alert[] {
    return this.#keeper.current();
  }

  /** Resolved alerts, newest first; only those resolved before `beforeMs` when given. */
  history(limit: number, beforeMs?: number): Promise<readonly Alert[]> {
    return this.#keeper.history(limit, beforeMs);
  }

  rules(): readonly RuleInfo[] {
    return this.#keeper.rules();
  }

  onChange(listener: (changed: readonly Alert[]) => void): Unsubscribe {
    return this.#keeper.onChange(listener);
  }

  worstSeverity(hostId: string): Severity | undefined {
    return this.#keeper.worstSeverity(hostId);
  }

  /** A host's worst firing severity may have changed without a sample. */
  onSeverity(listener: SeverityListener): Unsubscribe {
    this.#severityListeners.add(listener);
    return () => this.#severityListeners.delete(listener);
  }

  #listen(): void {
    const { hosts, events, pulse } = this.#options;
    const keeper = this.#keeper;
    pulse.onMissed((ms) => keeper.missed(ms));
    hosts.onInfo((info) => {
      keeper.expect(info);
      keeper.fact(info.hostId, 'host.clock.offset', Math.abs(info.clockOffsetMs) / 1000);
    });
    // Rules see the labels from the next sample on, silences and routes at once.
    hosts.onTags((info: HostInfo) => {
      keeper.expect(info);
      this.#outbox.configure();
    });
    // Nobody expects it any more; its silence is no alert.
    hosts.onRevoked((hostId) => {
      keeper.hostRemoved(hostId);
      this.#severity(hostId, undefined);
    });
    hosts.onRemoved((hostId) => keeper.hostRemoved(hostId));
    events.onEvent(({ kind, target }) => {
      if (kind !== 'host-rebooted' || target === undefined) return;
      keeper.fact(target.id, 'host.reboots', 1);
      keeper.fact(target.id, 'host.reboots', 0);
    });
  }

  /** The hub's time moved by this, ms: who waits to be told waits no longer for it, and no less. */
  clockMoved(stepMs: number): void {
    this.#outbox.clockMoved(stepMs);
  }

  #replaceRules(rules: readonly Rule[]): void {
    this.#keeper.replaceRules(rules);
    this.#options.foresight.followMetrics(forecastMetrics(rules));
  }

  #tick(): void {
    const { pulse, lag } = this.#options;
    pulse.check();
    const startMs = performance.now();
    if (lag) this.#keeper.hubFact('hub.lag', lag.lateMs / SECOND_MS);
    for (const hostId of this.#keeper.tick()) this.#severity(hostId, this.worstSeverity(hostId));
    lag?.record('evaluation', performance.now() - startMs);
    this.#journal.retry();
    this.#outbox.poll();
    this.#heartbeat.poll();
  }

  #severity(hostId: string, severity: Severity | undefined): void {
    for (const listener of this.#severityListeners) listener(hostId, severity);
  }

  /** While a write is in flight nothing is sent; its announcement polls again. */
  #pollSoon(): void {
    if (this.#polling !== undefined) return;
    this.#polling = setTimeout(() => {
      this.#polling = undefined;
      this.#outbox.poll();
    }, POLL_MS).unref();
  }
}

/** Metrics of enabled forecast rules. */
function forecastMetrics(rules: readonly Rule[]): readonly string[] {
  const metrics = rules.flatMap((rule) =>
    rule.kind === 'forecast' && rule.enabled !== false ? [rule.metric] : [],
  );
  return [...new Set(metrics)];
}
