/** The notification that a pushed message becomes, in the browser's language. Plain text, never HTML. */
import { alertMessage, errorMessages, notificationText, type Language } from '@openmanager/texts';
import type { Payload } from './payload.ts';

/** What a click needs later, when the page may be closed. */
export interface NoticeData {
  readonly alertIds: readonly string[];
  readonly silence: Payload['silence'];
}

/** What the DOM's types leave out of the options of a service worker's notification. */
export interface NoticeOptions extends NotificationOptions {
  readonly actions?: readonly { readonly action: string; readonly title: string }[];
  readonly renotify?: boolean;
}

export interface Notice {
  readonly title: string;
  readonly options: NoticeOptions;
}

/** Without a payload there must be a notification all the same: browsers demand one for each push. */
export function noticeOf(payload: Payload | undefined, lang: Language): Notice {
  if (!payload)
    return {
      title: 'OpenManager',
      options: { body: alertMessage(lang, 'alert.changed'), lang, icon: ICON, tag: 'unknown' },
    };
  const { alerts, alertCount, status, severity, rings, tag, alertIds, silence } = payload;
  const firing = status === 'firing';
  const resolved = (text: string): string => alertMessage(lang, 'alert.resolved', { text });
  const lines = alerts.map((alert) => {
    const { title, body } = notificationText({ ...alert, activeAtMs: 0, sampleTimeMs: 0 }, lang);
    // English has the rule's own sentence; it has the host in it.
    const text = lang === 'en' ? alert.summary : `${alert.target.name} · ${body}`;
    return alert.state === 'resolved'
      ? { title: resolved(alert.target.name), line: resolved(text) }
      : { title, line: text };
  });
  if (alertCount > lines.length && lines.length > 0)
    lines.push({
      title: '',
      line: alertMessage(lang, 'alert.more', { count: alertCount - lines.length }),
    });
  const data: NoticeData = { alertIds, silence };
  const actions = [
    ...(alertIds.length > 0
      ? [{ action: 'acknowledge', title: alertMessage(lang, 'alert.acknowledge') }]
      : []),
    ...(silence ? [{ action: 'silence', title: alertMessage(lang, 'alert.silenceHour') }] : []),
  ];
  return {
    title: lines[0]?.title ?? payload.title,
    options: {
      body: lines.length > 0 ? lines.map(({ line }) => line).join('\n') : payload.body,
      lang,
      icon: ICON,
      tag,
      // A change of what is known already takes the old one's place without a sound.
      renotify: rings,
      silent: !rings,
      requireInteraction: firing && severity === 'critical',
      data,
      ...(firing ? { actions } : {}),
    },
  };
}

/** Where a tap leads: to the alert's own page when there is one. */
export function pathOf(data: NoticeData | undefined): string {
  const [first, ...others] = data?.alertIds ?? [];
  return first === undefined || others.length > 0
    ? '/alerts'
    : `/alerts/${encodeURIComponent(first)}`;
}

export type Failure = 'unauthenticated' | 'forbidden' | 'over' | 'unreachable';

const failed = { acknowledge: 'alert.notAcknowledged', silence: 'alert.notSilenced' } as const;

export function failureNotice(
  action: 'acknowledge' | 'silence',
  why: Failure,
  lang: Language,
): Notice {
  const body =
    why === 'over' ? alertMessage(lang, 'alert.over') : errorMessages[lang][`error.${why}`];
  return {
    title: alertMessage(lang, failed[action]),
    options: { body, lang, icon: ICON, tag: `failed-${action}` },
  };
}

const ICON = '/favicon-alert.svg';
