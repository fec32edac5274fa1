import { attempt, json } from '../answer.ts';
import { textWithin, titleOf } from '../message.ts';
import type { Integration } from '../receiver.ts';
import { fitting, inBytes } from '../size.ts';
import type { GoogleChatSettings } from './settings.ts';

/** Of a message, in bytes (developers.google.com/workspace/chat/create-messages). */
const MESSAGE_BYTES = 32_000;

/** Its own markup, and `<users/all>`, which calls everybody. */
function escapeText(text: string): string {
  return text.replaceAll(/[*_~`<]/g, (letter) => `\u2060${letter}`);
}

/** A webhook of a space (developers.google.com/workspace/chat/quickstart/webhooks); a group is a thread. */
export const googleChat: Integration<GoogleChatSettings> = {
  async deliver(notification, settings, { send, now }) {
    const url = new URL(settings.url);
    url.searchParams.set('messageReplyOption', 'REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD');
    const bodyOf = (share: number): string => {
      const whole = (lines: readonly string[]): string =>
        [escapeText(titleOf(notification)), ...lines].join('\n');
      const room = MESSAGE_BYTES - inBytes(whole([]));
      const text = textWithin(notification, room, {
        share,
        escape: escapeText,
        measure: inBytes,
      });
      return JSON.stringify({
        text: whole([text]),
        thread: { threadKey: notification.groupId },
      });
    };
    const sent = await fitting((share) =>
      attempt(send, { method: 'POST', url: url.href, headers: json, body: bodyOf(share) }, now()),
    );
    return sent.outcome;
  },
};
