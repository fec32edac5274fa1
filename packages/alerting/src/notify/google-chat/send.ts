import { attempt, json } from '../answer.ts';
import { linesWithin, titleOf } from '../message.ts';
import type { Integration } from '../receiver.ts';
import { fitting, inBytes } from '../size.ts';
import type { GoogleChatSettings } from './settings.ts';

/** Of a message with all that belongs to it, in bytes (developers.google.com/workspace/chat/create-messages). */
const MESSAGE_BYTES = 32_000;

/** Its own markup, and what begins with `<`: links, and `<users/all>`, which calls everybody and so is broken within. */
function escapeText(text: string): string {
  return text.replaceAll(/[*_~`]/g, '\u2060$&').replaceAll('<', '<\u2060');
}

/** A webhook of a space (developers.google.com/workspace/chat/quickstart/webhooks); a group is a thread. */
export const googleChat: Integration<GoogleChatSettings> = {
  async deliver(notification, settings, { send, now }) {
    const url = new URL(settings.url);
    url.searchParams.set('messageReplyOption', 'REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD');
    const bodyOf = (share: number): string => {
      const whole = (lines: readonly string[]): string =>
        JSON.stringify({
          text: [escapeText(titleOf(notification)), ...lines].join('\n'),
          thread: { threadKey: notification.groupId },
        });
      const form = { share, escape: escapeText, measure: inBytes, whole };
      return whole(linesWithin(notification, MESSAGE_BYTES, form));
    };
    const sent = await fitting((share) =>
      attempt(send, { method: 'POST', url: url.href, headers: json, body: bodyOf(share) }, now()),
    );
    return sent.outcome;
  },
};
