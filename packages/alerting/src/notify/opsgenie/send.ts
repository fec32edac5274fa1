import { attempt, json } from '../answer.ts';
import { cut, textOf, titleOf } from '../message.ts';
import type { Integration } from '../receiver.ts';
import type { OpsgenieSettings } from './settings.ts';

const PRIORITIES = { info: 'P5', warning: 'P3', critical: 'P1' } as const;
const MESSAGE = 130;

/** The Alert API (docs.opsgenie.com/docs/alert-api): one alert per group, with the group's id as its alias. */
export const opsgenie: Integration<OpsgenieSettings> = {
  async deliver(notification, { apiKey, server }, { send, now }) {
    const { status, severity, groupId, groupLabels } = notification;
    const base = `${(server ?? 'https://api.opsgenie.com').replace(/\/$/, '')}/v2/alerts`;
    const headers = { ...json, authorization: `GenieKey ${apiKey}` };
    const note = textOf(notification);
    const request =
      status === 'resolved'
        ? {
            url: `${base}/${encodeURIComponent(groupId)}/close?identifierType=alias`,
            body: { source: 'OpenManager', note },
          }
        : {
            url: base,
            body: {
              message: cut(titleOf(notification), MESSAGE),
              alias: groupId,
              description: note,
              priority: PRIORITIES[severity],
              source: 'OpenManager',
              details: groupLabels,
            },
          };
    const body = JSON.stringify(request.body);
    const sent = { method: 'POST', url: request.url, headers, body } as const;
    return (await attempt(send, sent, now())).outcome;
  },
};
