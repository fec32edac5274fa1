import { attempt, json } from '../answer.ts';
import { textWithin, titleOf } from '../message.ts';
import type { Integration } from '../receiver.ts';
import { fitting } from '../size.ts';
import type { SlackSettings } from './settings.ts';

const COLOURS = { info: '#2f7ed8', warning: '#d9a400', critical: '#c8102e' } as const;
const RESOLVED = '#2e8b57';
/** Characters of the text of a section (docs.slack.dev/reference/block-kit/blocks/section-block). */
const SECTION_TEXT = 3_000;

/** The three characters that mean something in Slack's text, so that `<!channel>` in a name calls nobody. */
export function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** An incoming webhook of Slack (docs.slack.dev/messaging/sending-messages-using-incoming-webhooks). */
export const slack: Integration<SlackSettings> = {
  async deliver(notification, { url }, { send, now }) {
    const title = escapeSlack(titleOf(notification));
    const color = notification.status === 'resolved' ? RESOLVED : COLOURS[notification.severity];
    const bodyOf = (share: number): string => {
      const text = textWithin(notification, SECTION_TEXT, {
        share,
        escape: escapeSlack,
      });
      return JSON.stringify({
        text: title,
        attachments: [{ color, blocks: [{ type: 'section', text: { type: 'mrkdwn', text } }] }],
      });
    };
    const sent = await fitting((share) =>
      attempt(send, { method: 'POST', url, headers: json, body: bodyOf(share) }, now()),
    );
    return sent.outcome;
  },
};
