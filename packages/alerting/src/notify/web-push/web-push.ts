import webpush from 'web-push';
import type { Notification } from '../../dispatch/notification.ts';
import { attempt, shown } from '../answer.ts';
import { cut, textOf, titleOf } from '../message.ts';
import type { Integration, PushSubscription, SettingsOf } from '../receiver.ts';
import type { Outcome } from '../../dispatch/retry.ts';

const TTL_S = 86_400;
const LISTED = 5;
const TEXT = 1_000;
const IDS = 20;

/** What the service worker gets; well below the 4 kB that push services take. */
export interface PushPayload {
  readonly title: string;
  readonly body: string;
  /** A later message of the group takes the place of the earlier one. */
  readonly tag: string;
  readonly status: 'firing' | 'resolved';
  readonly severity: string;
  /** Those that fire, for the buttons. */
  readonly alertIds: readonly string[];
  readonly groupLabels: Readonly<Record<string, string>>;
}

export function payloadOf(notification: Notification): PushPayload {
  const { groupId, status, severity, alerts, groupLabels } = notification;
  return {
    title: titleOf(notification),
    body: cut(textOf(notification, LISTED), TEXT),
    tag: groupId,
    status,
    severity,
    alertIds: alerts
      .filter(({ alert }) => alert.state === 'firing')
      .slice(0, IDS)
      .map(({ alert }) => alert.id),
    groupLabels,
  };
}

/** Keys for VAPID (RFC 8292), base64url. */
export function generateVapidKeys(): { readonly publicKey: string; readonly privateKey: string } {
  return webpush.generateVAPIDKeys();
}

/** Web Push to browsers (RFC 8030, encrypted by RFC 8291), by our own safe way out. */
export const webPush: Integration<SettingsOf<'web-push'>> = {
  async deliver(notification, settings, { send, now }) {
    const payload = JSON.stringify(payloadOf(notification));
    const one = async (
      subscription: PushSubscription,
    ): Promise<{ outcome: Outcome; status: number }> => {
      try {
        const { endpoint, headers, body } = webpush.generateRequestDetails(subscription, payload, {
          vapidDetails: {
            subject: settings.subject,
            publicKey: settings.publicKey,
            privateKey: settings.privateKey,
          },
          TTL: TTL_S,
          contentEncoding: 'aes128gcm',
          urgency: notification.severity === 'critical' ? 'high' : 'normal',
          // What was not fetched yet is replaced; at most 32 characters of base64url.
          topic: notification.groupId.slice(0, 32),
        });
        const request = { method: 'POST', url: endpoint, headers, body: body ?? '' } as const;
        const { outcome, answer } = await attempt(send, request, now());
        return { outcome, status: answer?.status ?? 0 };
      } catch (error) {
        // Keys of the subscription that are none.
        const answer = shown(error instanceof Error ? error.message : String(error));
        return { outcome: { kind: 'failed', answer, permanent: true }, status: 0 };
      }
    };
    const results = await Promise.all(settings.subscriptions.map(one));
    const gone = settings.subscriptions
      .filter((_, index) => [404, 410].includes(results[index]?.status ?? 0))
      .map(({ endpoint }) => endpoint);
    const failed = results.find(
      ({ outcome, status }) => outcome.kind === 'failed' && status !== 404 && status !== 410,
    );
    const reached = results.filter(({ outcome }) => outcome.kind === 'delivered').length;
    const outcome: Outcome = failed?.outcome ?? {
      kind: 'delivered',
      answer: `${reached} of ${results.length} browsers`,
    };
    return gone.length > 0 ? { ...outcome, gone } : outcome;
  },
};
