import { attempt, json } from '../answer.ts';
import { textWithin, titleOf } from '../message.ts';
import type { Integration } from '../receiver.ts';
import { fitting, inBytes } from '../size.ts';
import type { NtfySettings } from './settings.ts';

const PRIORITIES = { info: 2, warning: 4, critical: 5 } as const;
const TAGS = {
  info: 'information_source',
  warning: 'warning',
  critical: 'rotating_light',
} as const;
/** Bytes of a message; a longer one becomes an attachment (docs.ntfy.sh/publish/#limitations). */
const MESSAGE_BYTES = 4_096;

/** Publishing as JSON (docs.ntfy.sh/publish/#publish-as-json). */
export const ntfy: Integration<NtfySettings> = {
  async deliver(notification, { topic, token, server }, { send, now, hubUrl }) {
    const { status, severity } = notification;
    const bodyOf = (share: number): string =>
      JSON.stringify({
        topic,
        title: titleOf(notification),
        message: textWithin(notification, MESSAGE_BYTES, {
          share,
          measure: inBytes,
        }),
        priority: status === 'resolved' ? 3 : PRIORITIES[severity],
        tags: [status === 'resolved' ? 'white_check_mark' : TAGS[severity]],
        ...(hubUrl === undefined ? {} : { click: hubUrl }),
      });
    const headers = {
      ...json,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    const url = server ?? 'https://ntfy.sh';
    const sent = await fitting((share) =>
      attempt(send, { method: 'POST', url, headers, body: bodyOf(share) }, now()),
    );
    return sent.outcome;
  },
};
