import { attempt, json } from '../answer.ts';
import { textOf, titleOf } from '../message.ts';
import type { Integration } from '../receiver.ts';
import type { PagerDutySettings } from './settings.ts';

/** Events API v2 (developer.pagerduty.com/docs/events-api-v2): one incident per group, under the group's id. */
export const pagerduty: Integration<PagerDutySettings> = {
  async deliver(notification, { routingKey, server }, { send, now, hubUrl }) {
    const { status, severity, groupId, alerts } = notification;
    const [first] = alerts;
    const body = JSON.stringify({
      routing_key: routingKey,
      event_action: status === 'resolved' ? 'resolve' : 'trigger',
      dedup_key: groupId,
      client: 'OpenManager',
      ...(hubUrl === undefined ? {} : { client_url: hubUrl }),
      payload: {
        summary: titleOf(notification),
        source: first?.alert.target.name ?? 'openmanager',
        severity,
        timestamp: new Date(first?.alert.firedAtMs ?? notification.createdAtMs).toISOString(),
        custom_details: { alerts: textOf(notification), ...notification.groupLabels },
      },
    });
    const url = `${(server ?? 'https://events.pagerduty.com').replace(/\/$/, '')}/v2/enqueue`;
    return (await attempt(send, { method: 'POST', url, headers: json, body }, now())).outcome;
  },
};
