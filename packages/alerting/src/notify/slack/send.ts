import { attempt, json } from '../answer.ts';
import { cut, linesOf, LISTED, titleOf } from '../message.ts';
import type { Integration } from '../receiver.ts';
import type { SlackSettings } from './settings.ts';

const COLOURS = { info: '#2f7ed8', warning: '#d9a400', critical: '#c8102e' } as const;
const RESOLVED = '#2e8b57';
/** Of the text of one block. */
const TEXT = 2_900;

/** The three characters that mean something in Slack's text, so that `<!channel>` in a name calls nobody. */
export function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** An incoming webhook of Slack (docs.slack.dev/messaging/sending-messages-using-incoming-webhooks). */
export const slack: Integration<SlackSettings> = {
  async deliver(notification, { url }, { send, now }) {
    const title = escapeSlack(titleOf(notification));
    const text = cut(linesOf(notification, LISTED, escapeSlack).join('\n'), TEXT);
    const color = notification.status === 'resolved' ? RESOLVED : COLOURS[notification.severity];
    const body = JSON.stringify({
      text: title,
      attachments: [{ color, blocks: [{ type: 'section', text: { type: 'mrkdwn', text } }] }],
    });
    return (await attempt(send, { method: 'POST', url, headers: json, body }, now())).outcome;
  },
};
