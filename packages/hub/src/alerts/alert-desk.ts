import { randomUUID } from 'node:crypto';
import { labelsOf } from '@openmanager/alerting';
import { matchesAll, ProtocolError, type TargetLookup } from '@openmanager/protocol';
import type { AlertDesk, KnownHosts, Subject } from '../ports/index.ts';
import type { Journal } from '../records/index.ts';
import type { AlertKeeper } from './alert-keeper.ts';
import type { AlertSettings } from './alert-settings.ts';
import type { Backtester } from './backtest.ts';
import type { Outbox } from './outbox.ts';

export interface AlertDeskParts {
  readonly keeper: AlertKeeper;
  readonly outbox: Outbox;
  readonly journal: Pick<Journal, 'drain'>;
  readonly settings: AlertSettings;
  readonly backtester: Backtester;
  readonly hosts: Pick<KnownHosts, 'tagged' | 'setTags' | 'target'>;
}

type Shown = Readonly<Record<string, unknown>>;
const shown = (value: object): Shown => value as Shown;

function authorOf(subject: Subject): string {
  return subject.kind === 'user' ? subject.name : subject.kind;
}

/** The alerting operations of the REST API. */
export function alertDesk(parts: AlertDeskParts): AlertDesk {
  const { keeper, outbox, journal, settings, backtester, hosts } = parts;
  return {
    rules: () => settings.ruleEntries().map(shown),
    putRule: async (ruleId, rule) => shown(await settings.putRule(ruleId, rule)),
    replaceRules: async (rules) => (await settings.replaceRules(rules)).map(shown),
    removeRule: (ruleId) => settings.removeRule(ruleId),
    backtest: async (request) => shown(await backtester.run(request)),
    hostTags: () => hosts.tagged().map(shown),
    setHostTags: async (hostId, input) =>
      shown({ hostId, tags: await hosts.setTags(hostId, input) }),
    facts: () =>
      keeper.current().map((alert) => shown({ alertId: alert.id, ...outbox.facts(alert) })),
    async acknowledge(alertId, subject, note) {
      outbox.acknowledge(alertId, authorOf(subject), note);
      // Answered once it is durable.
      await journal.drain();
    },
    async unacknowledge(alertId) {
      outbox.unacknowledge(alertId);
      await journal.drain();
    },
    silences: () => settings.silences().map(shown),
    async putSilence(silenceId, input, subject) {
      const before = settings.silences().find((silence) => silence.silenceId === silenceId);
      if (silenceId !== undefined && !before) throw new ProtocolError('not-found');
      const nowMs = outbox.nowMs();
      const silence = settings.parseSilence({
        startsAtMs: nowMs,
        ...input,
        silenceId: silenceId ?? randomUUID(),
        author: before?.author ?? authorOf(subject),
        createdAtMs: before?.createdAtMs ?? nowMs,
      });
      await settings.putSilence(silence);
      return shown(silence);
    },
    removeSilence: (silenceId) => settings.removeSilence(silenceId),
    previewSilence(input) {
      const { matchers } = settings.parseSilence({
        reason: 'preview',
        startsAtMs: 0,
        endsAtMs: Number.MAX_SAFE_INTEGER,
        ...input,
        silenceId: 'preview',
        author: 'preview',
        createdAtMs: 0,
      });
      const { rule } = settings.policy();
      const target: TargetLookup = (id) => hosts.target(id);
      return keeper
        .current()
        .filter((alert) => matchesAll(matchers, labelsOf(alert, rule(alert.ruleId), target)))
        .map((alert) => alert.id);
    },
    receivers: () => settings.receivers().map(shown),
    putReceiver: async (receiverId, input) => shown(await settings.putReceiver(receiverId, input)),
    removeReceiver: (receiverId) => settings.removeReceiver(receiverId),
    async testReceiver(receiverId, input) {
      if (Object.keys(input).length > 0)
        return shown(await outbox.test(receiverId, settings.draft(receiverId, input)));
      if (!settings.hasReceiver(receiverId)) throw new ProtocolError('not-found');
      return shown(await outbox.test(receiverId));
    },
    routing: () => shown(settings.routing()),
    setRouting: async (input) => shown(await settings.setRouting(input)),
    notifications: async (limit, before) => (await outbox.log(limit, before)).map(shown),
    pushKey: () => settings.pushKey(),
    subscribe: (subscription) => settings.subscribe(subscription),
    unsubscribe: (endpoint) => settings.unsubscribe(endpoint),
  };
}
