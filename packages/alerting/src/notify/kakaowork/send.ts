import { attempt, fieldOf, json, shown } from '../answer.ts';
import { textWithin, titleOf } from '../message.ts';
import type { Integration } from '../receiver.ts';
import type { Outcome } from '../../dispatch/retry.ts';
import type { OutgoingAnswer } from '../outgoing.ts';
import { fitting } from '../size.ts';
import type { KakaoWorkSettings } from './settings.ts';

/** Of a message, in characters. KakaoWork publishes none; this is our own bound. */
const TEXT = 2_000;

/** messages.send of KakaoWork: a bot writes into a conversation. */
export const kakaowork: Integration<KakaoWorkSettings> = {
  async deliver(notification, { appKey, conversationId, server }, { send, now }) {
    const url = `${(server ?? 'https://api.kakaowork.com').replace(/\/$/, '')}/v1/messages.send`;
    const headers = { ...json, authorization: `Bearer ${appKey}` };
    const head = `${titleOf(notification)}\n\n`;
    const sent = await fitting(async (share) => {
      const text = `${head}${textWithin(notification, TEXT - head.length, { share })}`;
      const body = JSON.stringify({ conversation_id: conversationId, text });
      const tried = await attempt(send, { method: 'POST', url, headers, body }, now());
      return tried.outcome.kind === 'delivered' ? read(tried.answer, tried.outcome) : tried;
    });
    return sent.outcome;
  },
};

/** Codes of what stays refused until somebody changes the settings. */
const SETTLED = /^(invalid|missing|unauthori[sz]ed|forbidden)|not_found$/;

/**
 * What is refused is answered by 200, too, with `success: false` (docs.kakaoi.ai/kakao_work/webapireference/commonguide).
 * Limits of use are not published: a refusal that is not known to last is tried again.
 */
function read(
  answer: OutgoingAnswer | undefined,
  delivered: Outcome,
): { readonly outcome: Outcome; readonly answer: OutgoingAnswer | undefined } {
  const body = answer?.body ?? '';
  const code = fieldOf(body, ['error', 'code']) ?? '';
  const message = fieldOf(body, ['error', 'message']);
  if (fieldOf(body, ['success']) !== 'false' && message === undefined)
    return { outcome: delivered, answer };
  const said = shown(`${code} ${message ?? ''}`);
  const permanent = SETTLED.test(code) ? { permanent: true } : {};
  return {
    outcome: {
      kind: 'failed',
      answer: said === '' ? 'refused without a reason' : said,
      ...permanent,
    },
    // As a refusal is numbered elsewhere, so that what is too long is seen as that.
    answer: answer && { ...answer, status: 400 },
  };
}
