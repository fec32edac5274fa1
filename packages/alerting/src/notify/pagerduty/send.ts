import { attempt, json } from '../answer.ts';
import { cut, textWithin, titleOf } from '../message.ts';
import type { Integration } from '../receiver.ts';
import { fitting, inBytes } from '../size.ts';
import type { PagerDutySettings } from './settings.ts';

/** Of a summary, in characters, and of an event (developer.pagerduty.com/docs/events-api-v2/trigger-events). */
const SUMMARY = 1_024;
const SOURCE = 255;
const DETAILS_BYTES = 400_000;

/** Events API v2 (developer.pagerduty.com/docs/events-api-v2): one incident per group, under the group's id. */
export const pagerduty: Integration<PagerDutySettings> = {
  async deliver(notification, { routingKey, server }, { send, now, hubUrl }) {
    const { status, severity, groupId, alerts } = notification;
    const [first] = alerts;
    const bodyOf = (share: number): string =>
      JSON.stringify({
        routing_key: routingKey,
        event_action: status === 'resolved' ? 'resolve' : 'trigger',
        dedup_key: groupId,
        client: 'OpenManager',
        ...(hubUrl === undefined ? {} : { client_url: hubUrl }),
        payload: {
          summary: cut(titleOf(notification), SUMMARY),
          source: cut(first?.alert.target.name ?? 'openmanager', SOURCE),
          severity,
          timestamp: new Date(first?.alert.firedAtMs ?? notification.createdAtMs).toISOString(),
          custom_details: {
            alerts: textWithin(notification, DETAILS_BYTES, {
              share,
              measure: inBytes,
            }),
            ...notification.groupLabels,
          },
        },
      });
    const url = `${(server ?? 'https://events.pagerduty.com').replace(/\/$/, '')}/v2/enqueue`;
    const sent = await fitting((share) =>
      attempt(send, { method: 'POST', url, headers: json, body: bodyOf(share) }, now()),
    );
    return sent.outcome;
  },
};
