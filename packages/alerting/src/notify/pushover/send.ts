import { attempt, json } from '../answer.ts';
import { cut, textWithin, titleOf } from '../message.ts';
import type { Integration } from '../receiver.ts';
import { fitting } from '../size.ts';
import type { PushoverSettings } from './settings.ts';

/** In characters (pushover.net/api#limits). */
const MESSAGE = 1_024;
const TITLE = 250;
const URL_LENGTH = 512;
const PRIORITIES = { info: -1, warning: 0, critical: 1 } as const;

/** The Message API (pushover.net/api). */
export const pushover: Integration<PushoverSettings> = {
  async deliver(notification, { token, userKey, server }, { send, now, hubUrl }) {
    const { status, severity, alerts } = notification;
    const page = alerts[0]?.pageUrl ?? hubUrl;
    const url = `${(server ?? 'https://api.pushover.net').replace(/\/$/, '')}/1/messages.json`;
    const bodyOf = (share: number): string =>
      JSON.stringify({
        token,
        user: userKey,
        title: cut(titleOf(notification), TITLE),
        message: textWithin(notification, MESSAGE, { share }),
        priority: status === 'resolved' ? -1 : PRIORITIES[severity],
        ...(page === undefined || page.length > URL_LENGTH ? {} : { url: page }),
      });
    const sent = await fitting((share) =>
      attempt(send, { method: 'POST', url, headers: json, body: bodyOf(share) }, now()),
    );
    return sent.outcome;
  },
};
