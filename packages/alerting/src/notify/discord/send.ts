import { attempt, fieldOf, json } from '../answer.ts';
import { cut, linesOf, titleOf, LISTED } from '../message.ts';
import type { Integration } from '../receiver.ts';
import type { DiscordSettings } from './settings.ts';

const COLOURS = { info: 0x2f7ed8, warning: 0xd9a400, critical: 0xc8102e } as const;
const RESOLVED = 0x2e8b57;
const TITLE = 256;
const TEXT = 4_000;

function escapeMarkdown(text: string): string {
  return text.replaceAll(/[\\*_~`|>#[\]()]/g, (letter) => `\\${letter}`);
}

/**
 * A webhook of Discord (docs.discord.com/developers/resources/webhook). What brings nothing new that fires changes
 * the message before; a message that somebody removed is sent anew.
 */
export const discord: Integration<DiscordSettings> = {
  async deliver(notification, { url }, { send, now }) {
    const { status, severity, reference, rings } = notification;
    const body = JSON.stringify({
      embeds: [
        {
          title: cut(escapeMarkdown(titleOf(notification)), TITLE),
          description: cut(linesOf(notification, LISTED, escapeMarkdown).join('\n'), TEXT),
          color: status === 'resolved' ? RESOLVED : COLOURS[severity],
        },
      ],
      // Names on the page must not call anybody.
      allowed_mentions: { parse: [] },
    });
    const base = new URL(url);
    if (reference !== undefined && !rings) {
      const place = new URL(base);
      place.pathname = `${base.pathname}/messages/${encodeURIComponent(reference)}`;
      const request = { method: 'PATCH', url: place.href, headers: json, body } as const;
      const { outcome, answer } = await attempt(send, request, now());
      if (answer?.status !== 404) return outcome;
    }
    base.searchParams.set('wait', 'true');
    const request = { method: 'POST', url: base.href, headers: json, body } as const;
    const { outcome, answer } = await attempt(send, request, now());
    const id = answer && fieldOf(answer.body, ['id']);
    return outcome.kind === 'delivered' && id !== undefined
      ? { ...outcome, reference: id }
      : outcome;
  },
};
