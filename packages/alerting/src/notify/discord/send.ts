import { attempt, fieldOf, json } from '../answer.ts';
import { cut, textWithin, titleOf } from '../message.ts';
import type { Integration } from '../receiver.ts';
import { fitting } from '../size.ts';
import type { DiscordSettings } from './settings.ts';

const COLOURS = { info: 0x2f7ed8, warning: 0xd9a400, critical: 0xc8102e } as const;
const RESOLVED = 0x2e8b57;
/** Of an embed, in UTF-16 units (docs.discord.com/developers/resources/message#embed-object-embed-limits). */
const TITLE = 256;
const DESCRIPTION = 4_096;
/** Of all embeds of a message together. */
const EMBEDS = 6_000;

function escapeMarkdown(text: string): string {
  return text.replaceAll(/[\\*_~`|>#[\]()]/g, (letter) => `\\${letter}`);
}

/** Cut before it is escaped, so that no escape is torn. */
function escapedTitle(title: string): string {
  let units = TITLE;
  while (escapeMarkdown(cut(title, units)).length > TITLE) units -= 8;
  return escapeMarkdown(cut(title, units));
}

/**
 * A webhook of Discord (docs.discord.com/developers/resources/webhook). What brings nothing new that fires changes
 * the message before; a message that somebody removed is sent anew.
 */
export const discord: Integration<DiscordSettings> = {
  async deliver(notification, { url }, { send, now }) {
    const { status, severity, reference, rings } = notification;
    const title = escapedTitle(titleOf(notification));
    const bodyOf = (share: number): string =>
      JSON.stringify({
        embeds: [
          {
            title,
            description: textWithin(notification, Math.min(DESCRIPTION, EMBEDS - title.length), {
              share,
              escape: escapeMarkdown,
            }),
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
      const { outcome, answer } = await fitting((share) =>
        attempt(
          send,
          { method: 'PATCH', url: place.href, headers: json, body: bodyOf(share) },
          now(),
        ),
      );
      if (answer?.status !== 404) return outcome;
    }
    base.searchParams.set('wait', 'true');
    const { outcome, answer } = await fitting((share) =>
      attempt(send, { method: 'POST', url: base.href, headers: json, body: bodyOf(share) }, now()),
    );
    const id = answer && fieldOf(answer.body, ['id']);
    return outcome.kind === 'delivered' && id !== undefined
      ? { ...outcome, reference: id }
      : outcome;
  },
};
