import { createSign } from 'node:crypto';
import { attempt, fieldOf, json, shown } from '../answer.ts';
import { textWithin, titleOf } from '../message.ts';
import type { Integration } from '../receiver.ts';
import { fitting } from '../size.ts';
import type { NaverWorksSettings } from './settings.ts';

/** Of a text, in characters (developers.worksmobile.com/kr/docs/bot-send-text). */
const TEXT = 2_000;
/** How long the assertion counts; the token is asked for anew with each message. */
const ASSERTION_S = 600;

/** JWT of the service account (developers.worksmobile.com/kr/docs/auth-jwt). */
function assertion(
  { clientId, serviceAccount, privateKey }: NaverWorksSettings,
  nowMs: number,
): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const seconds = Math.floor(nowMs / 1000);
  const claims = {
    iss: clientId,
    sub: serviceAccount,
    iat: seconds,
    exp: seconds + ASSERTION_S,
  };
  const signed = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`;
  return `${signed}.${createSign('RSA-SHA256').update(signed).sign(privateKey, 'base64url')}`;
}

/** A bot of NAVER WORKS writes into a message room. */
export const naverWorks: Integration<NaverWorksSettings> = {
  async deliver(notification, settings, { send, now }) {
    const { clientId, clientSecret, botId, channelId } = settings;
    const at = (server: string, path: string): string => `${server.replace(/\/$/, '')}${path}`;
    let signed: string;
    try {
      signed = assertion(settings, now());
    } catch (error) {
      const answer = shown(error instanceof Error ? error.message : String(error));
      return { kind: 'failed', answer: `the private key cannot sign: ${answer}`, permanent: true };
    }
    const asked = await attempt(
      send,
      {
        method: 'POST',
        url: at(settings.authServer ?? 'https://auth.worksmobile.com', '/oauth2/v2.0/token'),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({
          assertion: signed,
          grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
          client_id: clientId,
          client_secret: clientSecret,
          scope: 'bot',
        }).toString(),
      },
      now(),
    );
    const token = asked.answer && fieldOf(asked.answer.body, ['access_token']);
    if (asked.outcome.kind === 'failed') return asked.outcome;
    if (token === undefined) return { kind: 'failed', answer: 'no access token in the answer' };
    const path = `/v1.0/bots/${encodeURIComponent(botId)}/channels/${encodeURIComponent(channelId)}/messages`;
    const url = at(settings.server ?? 'https://www.worksapis.com', path);
    const headers = { ...json, authorization: `Bearer ${token}` };
    const head = `${titleOf(notification)}\n\n`;
    const sent = await fitting((share) => {
      const text = `${head}${textWithin(notification, TEXT - head.length, { share })}`;
      const body = JSON.stringify({ content: { type: 'text', text } });
      return attempt(send, { method: 'POST', url, headers, body }, now());
    });
    return sent.outcome;
  },
};
