import { attempt, json } from '../answer.ts';
import { linesWithin, titleOf } from '../message.ts';
import type { Integration } from '../receiver.ts';
import { fitting, inBytes } from '../size.ts';
import type { TeamsSettings } from './settings.ts';

const COLOURS = { info: 'accent', warning: 'warning', critical: 'attention' } as const;
/** Of a message as it is sent (learn.microsoft.com, "Create incoming webhooks": 28 KB). */
const MESSAGE_BYTES = 28_000;

function escapeMarkdown(text: string): string {
  return text.replaceAll(/[\\*_`[\]()#]/g, (letter) => `\\${letter}`);
}

/** A webhook of a Teams workflow, which takes an Adaptive Card (learn.microsoft.com, "Post to a channel when a webhook request is received"). */
export const teams: Integration<TeamsSettings> = {
  async deliver(notification, { url }, { send, now }) {
    const { status, severity } = notification;
    const block = (text: string, more: object = {}): object => ({
      type: 'TextBlock',
      text,
      wrap: true,
      ...more,
    });
    const cardOf = (lines: readonly string[]): string =>
      JSON.stringify({
        type: 'message',
        attachments: [
          {
            contentType: 'application/vnd.microsoft.card.adaptive',
            content: {
              type: 'AdaptiveCard',
              $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
              version: '1.4',
              body: [
                block(escapeMarkdown(titleOf(notification)), {
                  weight: 'bolder',
                  size: 'medium',
                  color: status === 'resolved' ? 'good' : COLOURS[severity],
                }),
                ...lines.map((line) => block(line, { spacing: 'small' })),
              ],
            },
          },
        ],
      });
    const bodyOf = (share: number): string =>
      cardOf(
        linesWithin(notification, MESSAGE_BYTES, {
          share,
          escape: escapeMarkdown,
          measure: inBytes,
          whole: cardOf,
        }),
      );
    const sent = await fitting((share) =>
      attempt(send, { method: 'POST', url, headers: json, body: bodyOf(share) }, now()),
    );
    return sent.outcome;
  },
};
