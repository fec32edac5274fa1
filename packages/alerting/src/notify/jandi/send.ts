import { visible } from '@openmanager/protocol';
import { attempt, json } from '../answer.ts';
import { cut, textWithin, titleOf } from '../message.ts';
import type { Integration } from '../receiver.ts';
import { fitting } from '../size.ts';
import type { JandiSettings } from './settings.ts';

const COLOURS = { info: '#2F7ED8', warning: '#D9A400', critical: '#C8102E' } as const;
const RESOLVED = '#2E8B57';
/** In characters. JANDI publishes none; these are our own bounds. */
const DESCRIPTION = 5_000;
const TITLE = 200;

/** Links are the one markup of JANDI: `[[words]](address)`. */
function escapeLinks(text: string): string {
  return text.replaceAll(/\[(?=\[)|\](?=\()/g, '$&\u2060');
}

/** An incoming webhook (support.jandi.com, "Receiving Incoming Webhooks in JANDI"). */
export const jandi: Integration<JandiSettings> = {
  async deliver(notification, { url }, { send, now }) {
    const { status, severity } = notification;
    const headers = { ...json, accept: 'application/vnd.tosslab.jandi-v2+json' };
    const bodyOf = (share: number): string =>
      JSON.stringify({
        body: escapeLinks(titleOf(notification)),
        connectColor: status === 'resolved' ? RESOLVED : COLOURS[severity],
        connectInfo: [
          {
            title: escapeLinks(
              cut(visible(notification.groupLabels['host'] ?? 'OpenManager'), TITLE),
            ),
            description: textWithin(notification, DESCRIPTION, { share, escape: escapeLinks }),
          },
        ],
      });
    const sent = await fitting((share) =>
      attempt(send, { method: 'POST', url, headers, body: bodyOf(share) }, now()),
    );
    return sent.outcome;
  },
};
