import { attempt, fieldOf, json } from '../answer.ts';
import { textWithin, titleOf } from '../message.ts';
import type { Integration } from '../receiver.ts';
import { fitting } from '../size.ts';
import type { KakaoWorkSettings } from './settings.ts';

/** Of a message, in characters (docs.kakaoi.ai/kakao_work/webapireference/messages). */
const TEXT = 2_000;

/** messages.send of KakaoWork: a bot writes into a conversation. */
export const kakaowork: Integration<KakaoWorkSettings> = {
  async deliver(notification, { appKey, conversationId, server }, { send, now }) {
    const url = `${(server ?? 'https://api.kakaowork.com').replace(/\/$/, '')}/v1/messages.send`;
    const headers = { ...json, authorization: `Bearer ${appKey}` };
    const head = `${titleOf(notification)}\n\n`;
    const { outcome, answer } = await fitting((share) => {
      const text = `${head}${textWithin(notification, TEXT - head.length, { share })}`;
      const body = JSON.stringify({ conversation_id: conversationId, text });
      return attempt(send, { method: 'POST', url, headers, body }, now());
    });
    // What is refused is answered by 200, too.
    const message = answer && fieldOf(answer.body, ['error', 'message']);
    if (outcome.kind === 'failed' || message === undefined) return outcome;
    return { kind: 'failed', answer: message, permanent: true };
  },
};
