import { attempt, json } from '../answer.ts';
import { cut, textOf, titleOf } from '../message.ts';
import type { Integration } from '../receiver.ts';
import type { NtfySettings } from './settings.ts';

const PRIORITIES = { info: 2, warning: 4, critical: 5 } as const;
const TAGS = {
  info: 'information_source',
  warning: 'warning',
  critical: 'rotating_light',
} as const;
const TEXT = 3_500;

/** Publishing as JSON (docs.ntfy.sh/publish/#publish-as-json). */
export const ntfy: Integration<NtfySettings> = {
  async deliver(notification, { topic, token, server }, { send, now, hubUrl }) {
    const { status, severity } = notification;
    const body = JSON.stringify({
      topic,
      title: titleOf(notification),
      message: cut(textOf(notification), TEXT),
      priority: status === 'resolved' ? 3 : PRIORITIES[severity],
      tags: [status === 'resolved' ? 'white_check_mark' : TAGS[severity]],
      ...(hubUrl === undefined ? {} : { click: hubUrl }),
    });
    const headers = {
      ...json,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    const url = server ?? 'https://ntfy.sh';
    return (await attempt(send, { method: 'POST', url, headers, body }, now())).outcome;
  },
};
