import { createHmac, timingSafeEqual } from 'node:crypto';
import { fingerprintOf } from '../../dispatch/decisions.ts';
import type { Notification } from '../../dispatch/notification.ts';
import { attempt, json } from '../answer.ts';
import { textOf, titleOf } from '../message.ts';
import type { Integration } from '../receiver.ts';
import type { WebhookSettings } from './settings.ts';

/**
 * POSTs JSON. `Idempotency-Key` is the same for every attempt at the same content. With a secret,
 * `OpenManager-Signature: t=<epoch seconds>,v1=<hex HMAC-SHA-256 of "<t>.<body>">`.
 */
export const webhook: Integration<WebhookSettings> = {
  async deliver(notification, { url, secret, authorization, template }, { send, now }) {
    const body =
      template === undefined || template === ''
        ? bodyOf(notification)
        : fill(template, notification);
    const headers = {
      ...json,
      'idempotency-key': notification.key,
      ...(authorization === undefined ? {} : { authorization }),
      ...(secret === undefined
        ? {}
        : { 'openmanager-signature': signature(secret, body, Math.floor(now() / 1000)) }),
    };
    return (await attempt(send, { method: 'POST', url, headers, body }, now())).outcome;
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
function bodyOf(notification: Notification): string {
  for (let listed = notification.alerts.length; ; listed = Math.floor(listed / 2)) {
    // Not even made where it cannot fit.
    if (listed > 2_000) continue;
    const body = JSON.stringify(contentOf(notification, listed));
    if (listed === 0 || Buffer.byteLength(body) <= BODY_BYTES) return body;
  }
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
    alerts: alerts.slice(0, listed).map(({ alert, labels, runbookUrl, pageUrl, acknowledged }) => ({
      ...alert,
      fingerprint: fingerprintOf(alert),
      labels,
      ...(runbookUrl === undefined ? {} : { runbookUrl }),
      ...(pageUrl === undefined ? {} : { pageUrl }),
      ...(acknowledged === undefined ? {} : { acknowledged }),
    })),
  };
}

/** `{{title}}` and the like, put into JSON text: each value escaped, without the quotes around it. */
function fill(template: string, notification: Notification): string {
  const [first] = notification.alerts;
  const values: Readonly<Record<string, string>> = {
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
    count: String(notification.alerts.length),
  };
  return template.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, name: string) =>
    Object.hasOwn(values, name) ? JSON.stringify(values[name]).slice(1, -1) : '',
  );
}
