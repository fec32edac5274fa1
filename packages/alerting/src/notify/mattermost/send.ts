import { attempt, json } from '../answer.ts';
import { textWithin, titleOf } from '../message.ts';
import type { Integration } from '../receiver.ts';
import { fitting } from '../size.ts';
import type { MattermostSettings } from './settings.ts';

const COLOURS = { info: '#2f7ed8', warning: '#d9a400', critical: '#c8102e' } as const;
const RESOLVED = '#2e8b57';
/** Of a post, in characters (docs.mattermost.com, "Message length"); what is beyond would be split into several posts. */
const POST = 16_383;

/** Also what calls people: @all, @channel. */
function escapeMarkdown(text: string): string {
  return text.replaceAll(/[\\*_~`|>#[\]()]/g, (letter) => `\\${letter}`).replaceAll('@', '@\u2060');
}

/** An incoming webhook (developers.mattermost.com/integrate/webhooks/incoming). */
export const mattermost: Integration<MattermostSettings> = {
  async deliver(notification, { url }, { send, now }) {
    const { status, severity } = notification;
    const bodyOf = (share: number): string => {
      const title = titleOf(notification);
      return JSON.stringify({
        attachments: [
          {
            fallback: escapeMarkdown(title),
            color: status === 'resolved' ? RESOLVED : COLOURS[severity],
            title: escapeMarkdown(title),
            text: textWithin(notification, POST, { share, escape: escapeMarkdown }),
          },
        ],
      });
    };
    const sent = await fitting((share) =>
      attempt(send, { method: 'POST', url, headers: json, body: bodyOf(share) }, now()),
    );
    return sent.outcome;
  },
};
