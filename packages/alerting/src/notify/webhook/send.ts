import { createHmac, timingSafeEqual } from 'node:crypto';
import { fingerprintOf } from '../../dispatch/decisions.ts';
import type { NotifiedAlert, Notification } from '../../dispatch/notification.ts';
import { attempt, json } from '../answer.ts';
import { LISTED, textOf, titleOf } from '../message.ts';
import type { Integration } from '../receiver.ts';
import { fitting } from '../size.ts';
import type { WebhookSettings } from './settings.ts';
import { fillJson } from './template.ts';

/**
 * Sends JSON, by POST if not told otherwise. `Idempotency-Key` is the same for every attempt at the same content. With a secret,
 * `OpenManager-Signature: t=<epoch seconds>,v1=<hex HMAC-SHA-256 of "<t>.<body>">`.
 */
export const webhook: Integration<WebhookSettings> = {
  async deliver(notification, settings, { send, now }) {
    const { url, method = 'POST', secret, authorization, template } = settings;
    const own = headersOf(settings.headers);
    const sent = await fitting((share) => {
      const body =
        template === undefined || template === ''
          ? bodyOf(notification, BODY_BYTES * share)
          : fill(template, notification);
      const headers = {
        ...json,
        ...own,
        'idempotency-key': notification.key,
        ...(authorization === undefined ? {} : { authorization }),
        ...(secret === undefined
          ? {}
          : { 'openmanager-signature': signature(secret, body, Math.floor(now() / 1000)) }),
      };
      return attempt(send, { method, url, headers, body }, now());
    });
    return sent.outcome;
  },
};

export function signature(secret: string, body: string, seconds: number): string {
  const mac = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
  return `t=${seconds},v1=${mac}`;
}

/** Whether a signature is of this body; for those who receive. */
export function verifySignature(secret: string, body: string, header: string): boolean {
  const [, seconds = ''] = /^t=(\d{1,12}),v1=[0-9a-f]{64}$/.exec(header) ?? [];
  const expected = Buffer.from(signature(secret, body, Number(seconds)));
  const given = Buffer.from(header);
  return expected.byteLength === given.byteLength && timingSafeEqual(expected, given);
}

/** What a body may take, below what may leave at once: a storm is told by its first alerts and its size. */
const BODY_BYTES = 500_000;

/** The body when there is no template. */
function bodyOf(notification: Notification, bytes: number): string {
  for (let listed = notification.alerts.length; ; listed = Math.floor(listed / 2)) {
    // Not even made where it cannot fit.
    if (listed > 2_000) continue;
    const body = JSON.stringify(contentOf(notification, listed));
    if (listed === 0 || Buffer.byteLength(body) <= bytes) return body;
  }
}

function alertOf({ alert, labels, runbookUrl, pageUrl, acknowledged }: NotifiedAlert): object {
  return {
    ...alert,
    fingerprint: fingerprintOf(alert),
    labels,
    ...(runbookUrl === undefined ? {} : { runbookUrl }),
    ...(pageUrl === undefined ? {} : { pageUrl }),
    ...(acknowledged === undefined ? {} : { acknowledged }),
  };
}

function contentOf(notification: Notification, listed: number): Record<string, unknown> {
  const { key, status, reason, severity, groupId, groupLabels, isStorm, alerts, dropped } =
    notification;
  return {
    version: 1,
    key,
    status,
    reason,
    severity,
    groupId,
    groupLabels,
    ...(isStorm ? { isStorm } : {}),
    title: titleOf(notification),
    text: textOf(notification),
    dropped,
    alertCount: alerts.length,
    alerts: alerts.slice(0, listed).map(alertOf),
  };
}

function fill(template: string, notification: Notification): string {
  const [first] = notification.alerts;
  return fillJson(template, {
    title: titleOf(notification),
    text: textOf(notification),
    status: notification.status,
    severity: notification.severity,
    reason: notification.reason,
    key: notification.key,
    groupId: notification.groupId,
    target: first?.alert.target.name ?? '',
    host: first?.labels['host'] ?? '',
    rule: first?.alert.ruleId ?? '',
    url: first?.pageUrl ?? '',
    count: notification.alerts.length,
    alerts: notification.alerts.slice(0, LISTED).map(alertOf),
  });
}

/** `Name: value` a line. */
function headersOf(lines: string | undefined): Record<string, string> {
  return Object.fromEntries(
    (lines ?? '')
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()] as const;
      }),
  );
}
