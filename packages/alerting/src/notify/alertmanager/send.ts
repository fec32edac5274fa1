import type { NotifiedAlert } from '../../dispatch/notification.ts';
import { attempt, json } from '../answer.ts';
import type { Integration, SendOutcome } from '../receiver.ts';
import type { AlertmanagerSettings } from './settings.ts';

/**
 * How long Alertmanager keeps an alert that it hears no more of. Longer than any usual repeat interval: we say when
 * it resolves, and an acknowledged one is not repeated.
 */
const KEPT_MS = 7 * 86_400_000;

/** POST /api/v2/alerts of Prometheus Alertmanager: every alert by itself, so that its routes and silences hold. */
export const alertmanager: Integration<AlertmanagerSettings> = {
  async deliver(notification, { server, user, password }, { send, now, hubUrl }) {
    const nowMs = now();
    const credentials = Buffer.from(`${user ?? ''}:${password ?? ''}`).toString('base64');
    const headers = {
      ...json,
      ...(user === undefined ? {} : { authorization: `Basic ${credentials}` }),
    };
    const url = `${server.replace(/\/$/, '')}/api/v2/alerts`;
    let outcome: SendOutcome | undefined;
    for (const body of bodiesOf(notification.alerts.map((one) => postable(one, nowMs, hubUrl)))) {
      ({ outcome } = await attempt(send, { method: 'POST', url, headers, body }, nowMs));
      // All of it comes again: posting an alert twice changes nothing.
      if (outcome.kind === 'failed') return outcome;
    }
    return outcome ?? { kind: 'delivered', answer: 'nothing to say' };
  },
};

/** Below what may leave at once; a storm takes several requests. */
const BODY_BYTES = 500_000;

function bodiesOf(alerts: readonly object[]): string[] {
  const bodies: string[] = [];
  let items: string[] = [];
  let bytes = 0;
  for (const alert of alerts) {
    const item = JSON.stringify(alert);
    const size = Buffer.byteLength(item) + 1;
    if (items.length > 0 && bytes + size > BODY_BYTES) {
      bodies.push(`[${items.join(',')}]`);
      items = [];
      bytes = 0;
    }
    items.push(item);
    bytes += size;
  }
  if (items.length > 0) bodies.push(`[${items.join(',')}]`);
  return bodies;
}

function postable(
  { alert, labels, runbookUrl }: NotifiedAlert,
  nowMs: number,
  hubUrl: string | undefined,
): object {
  const { firedAtMs = alert.activeAtMs, resolvedAtMs = nowMs } = alert;
  const endsMs = alert.state === 'resolved' ? resolvedAtMs : nowMs + KEPT_MS;
  return {
    labels: {
      ...Object.fromEntries(
        Object.entries(labels).flatMap(([name, value]) =>
          value === '' ? [] : [[name.replaceAll(/[^a-zA-Z0-9_]/g, '_'), value]],
        ),
      ),
      alertname: alert.ruleId,
      instance: alert.target.name,
    },
    annotations: {
      summary: alert.summary,
      ...(runbookUrl === undefined ? {} : { runbook_url: runbookUrl }),
    },
    startsAt: new Date(firedAtMs).toISOString(),
    // An end that is not after the start would be taken for none.
    endsAt: new Date(Math.max(endsMs, firedAtMs + 1)).toISOString(),
    ...(hubUrl === undefined ? {} : { generatorURL: hubUrl }),
  };
}
