import type { Outcome } from '../../dispatch/retry.ts';
import { attempt, fieldOf, json } from '../answer.ts';
import { textWithin, titleOf } from '../message.ts';
import type { Integration } from '../receiver.ts';
import { fitting } from '../size.ts';
import type { TelegramSettings } from './settings.ts';

/** Of a message, in UTF-16 units (core.telegram.org/bots/api#sendmessage). */
const TEXT = 4_096;

/**
 * The Bot API (core.telegram.org/bots/api). Plain text: nothing in it can be taken for markup. What brings nothing
 * new that fires changes the message before.
 */
export const telegram: Integration<TelegramSettings> = {
  async deliver(notification, { token, chatId, server }, { send, now }) {
    const head = `${titleOf(notification)}\n\n`;
    const textOf = (share: number): string =>
      `${head}${textWithin(notification, TEXT - head.length, { share })}`;
    const call = async (
      method: string,
      more: object,
    ): Promise<{ outcome: Outcome; body: string; status: number }> => {
      const bodyOf = (share: number): string =>
        JSON.stringify({
          chat_id: chatId,
          text: textOf(share),
          link_preview_options: { is_disabled: true },
          ...more,
        });
      const url = `${(server ?? 'https://api.telegram.org').replace(/\/$/, '')}/bot${token}/${method}`;
      const { outcome, answer } = await fitting((share) =>
        attempt(send, { method: 'POST', url, headers: json, body: bodyOf(share) }, now()),
      );
      return {
        outcome: asked(outcome, answer?.body),
        body: answer?.body ?? '',
        status: answer?.status ?? 0,
      };
    };
    const { reference, rings } = notification;
    if (reference !== undefined && !rings) {
      const edited = await call('editMessageText', { message_id: Number(reference) });
      // 400: removed meanwhile, or too old to be edited. One that would look the same is as good as edited.
      if (edited.body.includes('message is not modified'))
        return { kind: 'delivered', answer: 'unchanged', reference };
      if (edited.status !== 400) return edited.outcome;
    }
    const { outcome, body } = await call('sendMessage', {});
    const id = fieldOf(body, ['result', 'message_id']);
    return outcome.kind === 'delivered' && id !== undefined
      ? { ...outcome, reference: id }
      : outcome;
  },
};

/** Telegram says in the body how long it wants to be left alone. */
function asked(outcome: Outcome, body: string | undefined): Outcome {
  if (outcome.kind === 'delivered' || body === undefined) return outcome;
  const seconds = Number(fieldOf(body, ['parameters', 'retry_after']));
  return seconds > 0 ? { ...outcome, retryAfterMs: seconds * 1000 } : outcome;
}
