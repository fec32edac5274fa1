import type { Alert, MessageTopic, Priority } from '@openmanager/protocol';
import { atLeast, priorityOfSeverity, type Clock, type Unsubscribe } from '../ports/index.ts';
import type { ChannelOptions } from './channel.ts';
import { MessageChannel, type MessageState } from './message-channel.ts';
import type { GatewayOptions } from './options.ts';
import { ResolvedAlerts } from './resolved-alerts.ts';
import type { Cancel, Timers } from './timers.ts';

const EVENTS_SHOWN = 200;
const STATUS_INTERVAL_MS = 2_000;

export interface MessageTopicsOptions extends Pick<GatewayOptions, 'alerts' | 'events' | 'status'> {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly describe: (topic: MessageTopic, minPriority: Priority) => ChannelOptions;
}

/** The channels of `alerts`, `events` and `system`. They are few and stay until the hub stops. */
export class MessageTopics {
  readonly #options: MessageTopicsOptions;
  readonly #channels: Map<string, MessageChannel> = new Map();
  readonly #resolved: ResolvedAlerts = new ResolvedAlerts();
  readonly #unsubscribe: readonly Unsubscribe[];
  #nextStatus: Cancel | undefined;

  constructor(options: MessageTopicsOptions) {
    this.#options = options;
    this.#unsubscribe = [
      options.alerts.onChange((changed) => this.#alertsChanged(changed)),
      options.events.onEvent((event) =>
        this.#channels
          .get('events low')
          ?.change({ topic: 'events', kind: 'change', events: [event] }),
      ),
    ];
  }

  open(topic: MessageTopic, minPriority: Priority): MessageChannel {
    const min = topic === 'alerts' ? minPriority : 'low';
    const name = `${topic} ${min}`;
    let channel = this.#channels.get(name);
    if (channel === undefined) {
      channel = new MessageChannel(this.#options.describe(topic, min), () =>
        this.#state(topic, min),
      );
      this.#channels.set(name, channel);
    }
    return channel;
  }

  /** Starts the two-second snapshots of `system` when a client subscribes. */
  joined(): void {
    this.#nextStatus ??= this.#options.timers.after(STATUS_INTERVAL_MS, () => this.#tellStatus());
  }

  stop(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#nextStatus?.();
  }

  #tellStatus(): void {
    this.#nextStatus = undefined;
    const channel = this.#channels.get('system low');
    if (channel === undefined || channel.subscribers.size === 0) return;
    channel.change(this.#state('system', 'low').payload);
    this.joined();
  }

  #alertsChanged(changed: readonly Alert[]): void {
    this.#resolved.note(changed);
    for (const channel of this.#channels.values()) {
      if (channel.topic !== 'alerts') continue;
      const alerts = reaching(changed, channel.minPriority);
      if (alerts.length > 0) channel.change({ topic: 'alerts', kind: 'change', alerts });
    }
  }

  #state(topic: MessageTopic, min: Priority): MessageState {
    const { alerts, events, status, clock } = this.#options;
    const now = clock.now();
    if (topic === 'alerts') {
      const open = alerts.current();
      const ids = new Set(open.map((alert) => alert.id));
      const closed = this.#resolved.recent(now).filter((alert) => !ids.has(alert.id));
      const shown = reaching([...open, ...closed], min);
      const payload = { topic, kind: 'snapshot', alerts: shown } as const;
      return { payload, completeSinceMs: this.#resolved.completeSince(now) };
    }
    if (topic === 'events') {
      const recent = events.recent(EVENTS_SHOWN);
      const oldest = recent.length < EVENTS_SHOWN ? undefined : recent.at(-1);
      const payload = { topic, kind: 'snapshot', events: recent } as const;
      return { payload, completeSinceMs: oldest?.timeMs ?? 0 };
    }
    const payload = { topic, kind: 'snapshot', status: status.status() } as const;
    return { payload, completeSinceMs: 0 };
  }
}

function reaching(alerts: readonly Alert[], min: Priority): readonly Alert[] {
  return alerts.filter((alert) => atLeast(priorityOfSeverity(alert.severity), min));
}
