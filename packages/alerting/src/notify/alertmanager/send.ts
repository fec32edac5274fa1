import type { Labels } from '@openmanager/protocol';
import type { NotifiedAlert } from '../../dispatch/notification.ts';
import { attempt, json } from '../answer.ts';
import { outcomeOfAll, type RecipientOutcome } from '../recipients.ts';
import type { OutgoingRequest } from '../outgoing.ts';
import type { Integration, SendOutcome } from '../receiver.ts';
import type { AlertmanagerSettings } from './settings.ts';

/**
 * How long Alertmanager keeps an alert that it hears no more of. Longer than any usual repeat interval: we say when
 * it resolves, and an acknowledged one is not repeated.
 */
const KEPT_MS = 7 * 86_400_000;

/** Answers that are about what was sent, not about the receiver. */
const refusals: ReadonlySet<number> = new Set([400, 413, 422]);
/** Further requests for finding what of a message is refused; the rest of it waits for the next attempt. */
const SEARCH = 200;

/** POST /api/v2/alerts of Prometheus Alertmanager: every alert by itself, so that its routes and silences hold. */
export const alertmanager: Integration<AlertmanagerSettings> = {
  async deliver(notification, settings, { send, now }) {
    const nowMs = now();
    const results: RecipientOutcome[] = [];
    let searches = 0;
    // Posting an alert twice changes nothing: what fails for a while comes again as a whole.
    const post = async (alerts: readonly Postable[]): Promise<SendOutcome | undefined> => {
      const body = `[${alerts.map(({ item }) => item).join(',')}]`;
      const { outcome, answer } = await attempt(send, requestOf(settings, body), nowMs);
      if (outcome.kind === 'failed' && !refusals.has(answer?.status ?? 0)) return outcome;
      const [first, ...others] = alerts;
      if (outcome.kind === 'delivered' || first === undefined) {
        for (const { name } of alerts) results.push({ recipient: name, name, outcome });
        return undefined;
      }
      if (++searches > SEARCH) return outcome;
      if (others.length === 0) {
        const { name, bare } = first;
        if (bare === undefined) results.push({ recipient: name, name, outcome });
        else {
          // Of whoever has a label that is refused, at least that it fires is told.
          const failure = await post([{ item: bare, name, bare: undefined }]);
          if (failure) return failure;
          results.push({ recipient: `${name} `, name: `labels of ${name}`, outcome });
        }
        return undefined;
      }
      const half = Math.ceil(alerts.length / 2);
      return (await post(alerts.slice(0, half))) ?? post(alerts.slice(half));
    };
    for (const part of partsOf(notification.alerts.map((one) => postable(one, nowMs)))) {
      const failure = await post(part);
      if (failure) return failure;
    }
    const taken = results.findLast(({ outcome }) => outcome.kind === 'delivered');
    return outcomeOfAll(results, 0, taken?.outcome.answer ?? 'nothing to say');
  },

  /** What always fires ends by itself when nobody says so any more: a route to a dead man's switch notices. */
  async beat(settings, { send, now, hubUrl }) {
    if (settings.watchdog === 'off') return { kind: 'delivered', answer: 'off' };
    const nowMs = now();
    const watchdog = {
      labels: { alertname: 'watchdog', instance: 'openmanager', severity: 'none' },
      annotations: { summary: 'OpenManager works. When this alert ends, it does not.' },
      endsAt: new Date(nowMs + WATCHDOG_MS).toISOString(),
      ...(hubUrl === undefined ? {} : { generatorURL: hubUrl }),
    };
    return (await attempt(send, requestOf(settings, JSON.stringify([watchdog])), nowMs)).outcome;
  },
};

/** Four beats, as Prometheus has it: one that is late is no death. */
const WATCHDOG_MS = 240_000;

function requestOf(
  { server, user, password }: AlertmanagerSettings,
  body: string,
): OutgoingRequest {
  const credentials = Buffer.from(`${user ?? ''}:${password ?? ''}`).toString('base64');
  const headers = {
    ...json,
    ...(user === undefined ? {} : { authorization: `Basic ${credentials}` }),
  };
  return { method: 'POST', url: `${server.replace(/\/$/, '')}/api/v2/alerts`, headers, body };
}

interface Postable {
  readonly name: string;
  /** As JSON. */
  readonly item: string;
  /** The same without labels that somebody else named. */
  readonly bare: string | undefined;
}

/** Below what may leave at once; a storm takes several requests. */
const BODY_BYTES = 500_000;

function partsOf(alerts: readonly Postable[]): Postable[][] {
  const parts: Postable[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const alert of alerts) {
    const size = Buffer.byteLength(alert.item) + 1;
    if (bytes + size > BODY_BYTES) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(alert);
    bytes += size;
  }
  return parts;
}

/** Names as every Alertmanager takes them; two that become the same stay apart. */
function labelsOf(labels: Labels): Record<string, string> {
  const named: Record<string, string> = {};
  for (const [name, value] of Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (value === '') continue;
    const plain = name.replaceAll(/[^a-zA-Z0-9_]/g, '_').replace(/^(?=[0-9]|$)/, '_');
    let free = plain;
    for (let count = 2; Object.hasOwn(named, free); count++) free = `${plain}_${count}`;
    named[free] = value;
  }
  return named;
}

function postable({ alert, labels, runbookUrl, pageUrl }: NotifiedAlert, nowMs: number): Postable {
  const { firedAtMs = alert.activeAtMs, resolvedAtMs = nowMs } = alert;
  const endsMs = alert.state === 'resolved' ? resolvedAtMs : nowMs + KEPT_MS;
  const own = { alertname: alert.ruleId, instance: alert.target.name };
  const itemOf = (given: Labels): string =>
    JSON.stringify({
      labels: { ...given, ...own },
      annotations: {
        summary: alert.summary,
        ...(runbookUrl === undefined ? {} : { runbook_url: runbookUrl }),
      },
      startsAt: new Date(firedAtMs).toISOString(),
      // An end that is not after the start would be taken for none.
      endsAt: new Date(Math.max(endsMs, firedAtMs + 1)).toISOString(),
      ...(pageUrl === undefined ? {} : { generatorURL: pageUrl }),
    });
  return {
    name: `${alert.ruleId} of ${alert.target.name}`,
    item: itemOf(labelsOf(labels)),
    bare: itemOf({ severity: alert.severity, alert: alert.id }),
  };
}
