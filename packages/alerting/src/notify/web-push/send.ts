import webpush from 'web-push';
import type { Alert, Matcher } from '@openmanager/protocol';
import type { NotifiedAlert, Notification } from '../../dispatch/notification.ts';
import { attempt, shown } from '../answer.ts';
import { cut, linesOf, titleOf } from '../message.ts';
import type { Integration } from '../receiver.ts';
import { outcomeOfAll, type RecipientOutcome } from '../recipients.ts';
import type { Outcome } from '../../dispatch/retry.ts';
import type { PushSubscription, WebPushSettings } from './settings.ts';

const TTL_S = 86_400;
const LISTED = 5;
const TEXT = 500;
const SUMMARY = 200;
const IDS = 20;
/** Of target ids or rule names in one matcher. */
const MATCHED = 400;
/** Push services take 4,096 bytes sealed (RFC 8030 §7.2), bridges to old ones 3,070; sealing needs 103 (RFC 8188). */
const SEALED_BYTES = 4_096;
const OLD_SEALED_BYTES = 3_070;
const SEAL_BYTES = 103;

/** What of an alert the service worker needs to say it in the reader's language. */
export type PushedAlert = Pick<
  Alert,
  | 'id'
  | 'ruleId'
  | 'target'
  | 'severity'
  | 'state'
  | 'metric'
  | 'attributes'
  | 'value'
  | 'threshold'
  | 'flapping'
  | 'summary'
>;

/** What the service worker gets. */
export interface PushPayload {
  readonly title: string;
  readonly body: string;
  /** A later message of the group takes the place of the earlier one. */
  readonly tag: string;
  readonly status: 'firing' | 'resolved';
  readonly severity: string;
  /** Those that fire, for the buttons. */
  readonly alertIds: readonly string[];
  /** Of these, those that are new to the receiver. A page that rang for all of them spares the sound. */
  readonly newIds: readonly string[];
  readonly groupLabels: Readonly<Record<string, string>>;
  /** Whether something in it is new, so that it may make a sound. */
  readonly rings: boolean;
  /** The first of its alerts; fewer where they are long. */
  readonly alerts: readonly PushedAlert[];
  /** All that the message is about. */
  readonly alertCount: number;
  /** For a silence about what fires; left out where it could not be told from everything else. */
  readonly silence?: readonly Matcher[] | undefined;
}

/** A tap opens its page: the words need the room. */
function withoutPage(one: NotifiedAlert): NotifiedAlert {
  return { ...one, pageUrl: undefined };
}

function pushed({ alert }: NotifiedAlert): PushedAlert {
  const { id, ruleId, target, severity, state, metric, attributes, value, threshold, flapping } =
    alert;
  const summary = cut(alert.summary, SUMMARY);
  return {
    id,
    ruleId,
    target,
    severity,
    state,
    metric,
    attributes,
    value,
    threshold,
    ...(flapping === undefined ? {} : { flapping }),
    summary,
  };
}

/** By target and rule while those are few; else by what the group shares. Names with patterns in them are not used. */
function silenceOf(
  firing: readonly NotifiedAlert[],
  groupLabels: Readonly<Record<string, string>>,
): readonly Matcher[] {
  const few = (name: string, values: readonly string[]): Matcher[] => {
    const value = [...new Set(values)].join('|');
    return value === '' || value.length > MATCHED ? [] : [{ name, op: '~', value }];
  };
  const shared = Object.entries(groupLabels).map(
    ([name, value]) => ({ name, op: '=', value }) as const,
  );
  const targets = few(
    'targetId',
    firing.map(({ alert }) => alert.target.id),
  );
  const rules = few(
    'rule',
    firing.map(({ alert }) => alert.ruleId),
  );
  return [...(targets.length > 0 ? targets : shared), ...rules];
}

export function payloadOf(
  notification: Notification,
  bytes: number = SEALED_BYTES - SEAL_BYTES,
): PushPayload {
  const { groupId, status, severity, alerts, groupLabels, rings } = notification;
  const firing = alerts.filter(({ alert }) => alert.state === 'firing');
  const silence = silenceOf(firing, groupLabels);
  const listed = alerts.slice(0, LISTED).map(pushed);
  const whole: PushPayload = {
    title: titleOf(notification),
    body: cut(
      linesOf({ ...notification, alerts: alerts.map(withoutPage) }, { listed: LISTED }).join('\n'),
      TEXT,
    ),
    tag: groupId,
    status,
    severity,
    alertIds: firing.slice(0, IDS).map(({ alert }) => alert.id),
    newIds: firing
      .filter(({ isNew }) => isNew)
      .slice(0, IDS)
      .map(({ alert }) => alert.id),
    groupLabels,
    rings,
    alerts: listed,
    alertCount: alerts.length,
    ...(firing.length > 0 && silence.length > 0 ? { silence } : {}),
  };
  for (let count = listed.length; count >= 0; count--) {
    const payload = { ...whole, alerts: listed.slice(0, count) };
    if (Buffer.byteLength(JSON.stringify(payload)) <= bytes) return payload;
  }
  // Labels of extraordinary length: what must be known all the same.
  return { ...whole, alerts: [], groupLabels: {}, silence: undefined, body: cut(whole.body, 200) };
}

/** Keys for VAPID (RFC 8292), base64url. */
export function generateVapidKeys(): { readonly publicKey: string; readonly privateKey: string } {
  return webpush.generateVAPIDKeys();
}

/** Which push service; what follows names the browser, and is a secret of it. */
function nameOf(endpoint: string): string {
  return URL.canParse(endpoint) ? new URL(endpoint).host : 'browser';
}

/** Web Push to browsers (RFC 8030, encrypted by RFC 8291), by our own safe way out. */
export const webPush: Integration<WebPushSettings> = {
  async deliver(notification, settings, { send, now }) {
    const payloads = [SEALED_BYTES, OLD_SEALED_BYTES].map((sealed) =>
      JSON.stringify(payloadOf(notification, sealed - SEAL_BYTES)),
    );
    const one = async (
      subscription: PushSubscription,
    ): Promise<{ outcome: Outcome; status: number }> => {
      try {
        const sealed = (payload: string) =>
          webpush.generateRequestDetails(subscription, payload, {
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
        let sent: Awaited<ReturnType<typeof attempt>> | undefined;
        for (const payload of payloads) {
          const { endpoint, headers, body } = sealed(payload);
          const request = { method: 'POST', url: endpoint, headers, body: body ?? '' } as const;
          sent = await attempt(send, request, now());
          if (sent.answer?.status !== 413) break;
        }
        const { outcome, answer } = sent as NonNullable<typeof sent>;
        return { outcome, status: answer?.status ?? 0 };
      } catch (error) {
        // Keys of the subscription that are none.
        const answer = shown(error instanceof Error ? error.message : String(error));
        return { outcome: { kind: 'failed', answer, permanent: true }, status: 0 };
      }
    };
    const { reached = [] } = notification;
    const asked = settings.subscriptions.filter(({ endpoint }) => !reached.includes(endpoint));
    const answers = await Promise.all(asked.map(one));
    const gone: string[] = [];
    const results: RecipientOutcome[] = [];
    for (const [index, { endpoint }] of asked.entries()) {
      const { outcome, status } = answers[index] as (typeof answers)[number];
      if (status === 404 || status === 410) gone.push(endpoint);
      else results.push({ recipient: endpoint, name: nameOf(endpoint), outcome });
    }
    const taken = results.filter(({ outcome }) => outcome.kind === 'delivered').length;
    const all = settings.subscriptions.length;
    const outcome = outcomeOfAll(
      results,
      reached.length,
      `${taken + reached.length} of ${all} browsers`,
    );
    return gone.length > 0 ? { ...outcome, gone } : outcome;
  },
};
