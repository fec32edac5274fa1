import { attempt, json } from '../answer.ts';
import { cut, linesOf, titleOf, LISTED } from '../message.ts';
import type { Integration } from '../receiver.ts';
import type { TeamsSettings } from './settings.ts';

const COLOURS = { info: 'accent', warning: 'warning', critical: 'attention' } as const;
const TEXT = 1_000;

function escapeMarkdown(text: string): string {
  return text.replaceAll(/[\\*_`[\]()#]/g, (letter) => `\\${letter}`);
}

/** A webhook of a Teams workflow, which takes an Adaptive Card (learn.microsoft.com, "Post to a channel when a webhook request is received"). */
export const teams: Integration<TeamsSettings> = {
  async deliver(notification, { url }, { send, now }) {
    const { status, severity } = notification;
    const block = (text: string, more: object = {}): object => ({
      type: 'TextBlock',
      text: cut(text, TEXT),
      wrap: true,
      ...more,
    });
    const body = JSON.stringify({
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
              ...linesOf(notification, LISTED, escapeMarkdown).map((line) =>
                block(line, { spacing: 'small' }),
              ),
            ],
          },
        },
      ],
    });
    return (await attempt(send, { method: 'POST', url, headers: json, body }, now())).outcome;
  },
};
