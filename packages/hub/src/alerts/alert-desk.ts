import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import {
  labelsOf,
  ruleWarnings,
  silenceSchema,
  type Outcome,
  type RuleEntry,
} from '@openmanager/alerting';
import type { SendOutcome } from '@openmanager/alerting/notify';
import { matchesAll, parseInput, ProtocolError, type TargetLookup } from '@openmanager/protocol';
import type { AlertDesk, KnownHosts, Subject } from '../ports/index.ts';
import type { ImportedMetrics } from './imported-metrics.ts';
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
  readonly imported: ImportedMetrics;
  readonly hosts: Pick<KnownHosts, 'tagged' | 'setTags' | 'target'>;
}

/** How long a look over all alerts keeps the event loop at a time. */
const TURN_MS = 5;

function authorOf(subject: Subject): string {
  return subject.kind === 'user' ? subject.name : subject.kind;
}

/** Which browsers are gone is the outbox's business. */
function outcomeOf(sent: SendOutcome): Outcome {
  const { gone: _, ...outcome } = sent;
  return outcome;
}

/** The alerting operations of the REST API. */
export function alertDesk(parts: AlertDeskParts): AlertDesk {
  const { keeper, outbox, journal, settings, backtester, hosts } = parts;
  const entries = (): readonly RuleEntry[] =>
    settings
      .ruleEntries()
      .map((entry) => ({ ...entry, warnings: ruleWarnings(entry.rule, keeper.seen) }));
  return {
    counts: () => outbox.counts(),
    rules: entries,
    async putRule(ruleId, rule) {
      await parts.imported.refuse([rule]);
      await settings.putRule(ruleId, rule);
      return entries().find((entry) => entry.rule.ruleId === ruleId) as RuleEntry;
    },
    async replaceRules(rules) {
      await parts.imported.refuse(rules);
      await settings.replaceRules(rules);
      const own = new Set(rules.map(({ ruleId }) => ruleId));
      return entries().filter(({ rule }) => own.has(rule.ruleId));
    },
    removeRule: (ruleId) => settings.removeRule(ruleId),
    backtest: (input) => backtester.run(input),
    hostTags: () => hosts.tagged(),
    setHostTags: async (hostId, tags) => ({ hostId, tags: await hosts.setTags(hostId, tags) }),
    facts: () => keeper.current().map((alert) => ({ alertId: alert.id, ...outbox.facts(alert) })),
    async acknowledge(alertId, subject, note) {
      outbox.acknowledge(alertId, authorOf(subject), note);
      // Answered once it is durable.
      await journal.drain();
    },
    async unacknowledge(alertId) {
      outbox.unacknowledge(alertId);
      await journal.drain();
    },
    silences: () => settings.silences(),
    async putSilence(silenceId, input, subject) {
      const before = settings.silences().find((silence) => silence.silenceId === silenceId);
      if (silenceId !== undefined && !before) throw new ProtocolError('not-found');
      const nowMs = outbox.nowMs();
      const silence = parseInput(silenceSchema, {
        startsAtMs: nowMs,
        ...input,
        silenceId: silenceId ?? randomUUID(),
        author: before?.author ?? authorOf(subject),
        createdAtMs: before?.createdAtMs ?? nowMs,
      });
      await settings.putSilence(silence);
      return silence;
    },
    removeSilence: (silenceId) => settings.removeSilence(silenceId),
    async previewSilence({ matchers }) {
      const { rule } = settings.policy();
      const target: TargetLookup = (id) => hosts.target(id);
      const found: string[] = [];
      let turnEndsAt = performance.now() + TURN_MS;
      for (const alert of keeper.current()) {
        if (matchesAll(matchers, labelsOf(alert, rule(alert.ruleId), target))) found.push(alert.id);
        if (performance.now() < turnEndsAt) continue;
        await setImmediate();
        turnEndsAt = performance.now() + TURN_MS;
      }
      return found;
    },
    receivers: () => settings.receivers(),
    putReceiver: (receiverId, input) => settings.putReceiver(receiverId, input),
    removeReceiver: (receiverId) => settings.removeReceiver(receiverId),
    async testReceiver(receiverId, input) {
      if (input) return outcomeOf(await outbox.test(receiverId, settings.draft(receiverId, input)));
      if (!settings.hasReceiver(receiverId)) throw new ProtocolError('not-found');
      return outcomeOf(await outbox.test(receiverId));
    },
    routing: () => settings.routing(),
    setRouting: (routing) => settings.setRouting(routing),
    notifications: (limit, before) => outbox.log(limit, before),
    pushKey: () => settings.pushKey(),
    subscribe: (subscription) => settings.subscribe(subscription),
    unsubscribe: (endpoint) => settings.unsubscribe(endpoint),
  };
}
