import { randomUUID } from 'node:crypto';
import { labelsOf, matchesAll } from '@openmanager/alerting';
import { ProtocolError } from '@openmanager/protocol';
import type { AlertDesk } from '../api/index.ts';
import type { Subject } from '../ports/index.ts';
import type { AlertDispatch } from './outbox.ts';
import type { AlertKeeper } from './alert-keeper.ts';
import type { Backtester } from './backtest.ts';
import type { HostTags } from '../hosts/host-tags.ts';
import type { HubControl } from '../hosts/host-lifecycle.ts';
import { BROWSERS, type AlertSettings } from './alert-settings.ts';

export interface AlertDeskParts {
  readonly alerts: AlertKeeper;
  readonly dispatch: AlertDispatch;
  readonly settings: AlertSettings;
  readonly backtester: Backtester;
  readonly tags: HostTags;
  readonly control: HubControl;
}

type Shown = Readonly<Record<string, unknown>>;
const shown = (value: object): Shown => value as Shown;

function authorOf(subject: Subject): string {
  return subject.kind === 'user' ? subject.name : subject.kind;
}

/** What the API asks of rules, silences, receivers and notifications. */
export function alertDesk(parts: AlertDeskParts): AlertDesk {
  const { alerts, dispatch, settings, backtester, tags, control } = parts;
  const receiverKnown = (receiverId: string): void => {
    const known = settings.receivers().some((receiver) => receiver.receiverId === receiverId);
    if (!known && receiverId !== BROWSERS) throw new ProtocolError('not-found');
  };
  return {
    rules: () => settings.ruleEntries().map(shown),
    putRule: async (ruleId, rule) => shown(await settings.putRule(ruleId, rule)),
    replaceRules: async (rules) => (await settings.replaceRules(rules)).map(shown),
    removeRule: (ruleId) => settings.removeRule(ruleId),
    backtest: async (request) => shown(await backtester.run(request)),
    hostTags: () => tags.all().map(shown),
    setHostTags: async (hostId, input) =>
      shown({ hostId, tags: await control.setTags(hostId, input) }),
    facts: () =>
      alerts.current().map((alert) => shown({ alertId: alert.id, ...dispatch.facts(alert) })),
    async acknowledge(alertId, subject, note) {
      dispatch.acknowledge(alertId, authorOf(subject), note);
      // Said to be done when a restart would not forget it.
      await alerts.drain();
    },
    async unacknowledge(alertId) {
      dispatch.unacknowledge(alertId);
      await alerts.drain();
    },
    silences: () => settings.silences().map(shown),
    async putSilence(silenceId, input, subject) {
      const before = settings.silences().find((silence) => silence.silenceId === silenceId);
      if (silenceId !== undefined && !before) throw new ProtocolError('not-found');
      const nowMs = dispatch.nowMs();
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
      return alerts
        .current()
        .filter((alert) => matchesAll(matchers, labelsOf(alert, rule(alert.ruleId))))
        .map((alert) => alert.id);
    },
    receivers: () => settings.receivers().map(shown),
    putReceiver: async (receiverId, input) => shown(await settings.putReceiver(receiverId, input)),
    removeReceiver: (receiverId) => settings.removeReceiver(receiverId),
    async testReceiver(receiverId, input) {
      if (Object.keys(input).length > 0)
        return shown(await dispatch.test(receiverId, settings.draft(receiverId, input)));
      receiverKnown(receiverId);
      return shown(await dispatch.test(receiverId));
    },
    routing: () => shown(settings.routing()),
    setRouting: async (input) => shown(await settings.setRouting(input)),
    notifications: async (limit, before) => (await dispatch.log(limit, before)).map(shown),
    pushKey: () => settings.pushKey(),
    subscribe: (subscription) => settings.subscribe(subscription),
    unsubscribe: (endpoint) => settings.unsubscribe(endpoint),
  };
}
