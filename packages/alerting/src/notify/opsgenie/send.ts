import { attempt, json } from '../answer.ts';
import { cut, textWithin, titleOf } from '../message.ts';
import type { Labels } from '@openmanager/protocol';
import type { Integration } from '../receiver.ts';
import { fitting } from '../size.ts';
import type { OpsgenieSettings } from './settings.ts';

const PRIORITIES = { info: 'P5', warning: 'P3', critical: 'P1' } as const;
/** In characters (docs.opsgenie.com/docs/alert-api#create-alert, #close-alert). */
const MESSAGE = 130;
const DESCRIPTION = 15_000;
const NOTE = 25_000;
/** Of all details, names and values. */
const DETAILS = 8_000;

/** The Alert API (docs.opsgenie.com/docs/alert-api): one alert per group, with the group's id as its alias. */
export const opsgenie: Integration<OpsgenieSettings> = {
  async deliver(notification, { apiKey, server }, { send, now }) {
    const { status, severity, groupId, groupLabels } = notification;
    const base = `${(server ?? 'https://api.opsgenie.com').replace(/\/$/, '')}/v2/alerts`;
    const headers = { ...json, authorization: `GenieKey ${apiKey}` };
    const requestOf = (share: number): { readonly url: string; readonly body: object } =>
      status === 'resolved'
        ? {
            url: `${base}/${encodeURIComponent(groupId)}/close?identifierType=alias`,
            body: { source: 'OpenManager', note: textWithin(notification, NOTE, { share }) },
          }
        : {
            url: base,
            body: {
              message: cut(titleOf(notification), MESSAGE),
              alias: groupId,
              description: textWithin(notification, DESCRIPTION, { share }),
              priority: PRIORITIES[severity],
              source: 'OpenManager',
              details: detailsOf(groupLabels),
            },
          };
    const sent = await fitting((share) => {
      const { url, body } = requestOf(share);
      return attempt(send, { method: 'POST', url, headers, body: JSON.stringify(body) }, now());
    });
    return sent.outcome;
  },
};

/** As many of the labels as there is room for, the shortest first. */
function detailsOf(labels: Labels): Labels {
  let left = DETAILS;
  const entries = Object.entries(labels).toSorted(
    ([name, value], [other, its]) => name.length + value.length - other.length - its.length,
  );
  return Object.fromEntries(
    entries.filter(([name, value]) => (left -= name.length + value.length) >= 0),
  );
}
