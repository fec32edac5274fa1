/** The notification that a pushed message becomes, in Korean or English. Plain text, never HTML. */
import { notificationText } from '@openmanager/react/notification-text';
import type { Payload } from './payload.ts';

export type Lang = 'en' | 'ko';

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

const words = {
  en: {
    acknowledge: 'Acknowledge',
    silence: 'Silence 1 h',
    resolved: 'Resolved',
    more: (count: number) => `and ${count} more`,
    unknown: 'Something changed. Open OpenManager to see it.',
    acknowledgeFailed: 'Could not be acknowledged',
    silenceFailed: 'Could not be silenced',
    signedOut: 'You are signed out: sign in and try again.',
    forbidden: 'Only an administrator may do that.',
    over: 'It no longer fires.',
    unreachable: 'The hub cannot be reached: try again.',
  },
  ko: {
    acknowledge: '확인',
    silence: '1시간 무음',
    resolved: '해결됨',
    more: (count: number) => `외 ${count}건`,
    unknown: '변경 사항이 있습니다. OpenManager을 열어 확인하세요.',
    acknowledgeFailed: '확인 처리하지 못했습니다',
    silenceFailed: '무음 처리하지 못했습니다',
    signedOut: '로그아웃된 상태입니다. 로그인한 뒤 다시 시도하세요.',
    forbidden: '관리자만 할 수 있습니다.',
    over: '이미 해결된 알림입니다.',
    unreachable: '허브에 연결할 수 없습니다. 다시 시도하세요.',
  },
} as const;

export function langOf(language: string | null): Lang {
  return /^ko\b/i.test(language ?? '') ? 'ko' : 'en';
}

/** Without a payload there must be a notification all the same: browsers demand one for each push. */
export function noticeOf(payload: Payload | undefined, lang: Lang): Notice {
  const say = words[lang];
  if (!payload)
    return {
      title: 'OpenManager',
      options: { body: say.unknown, lang, icon: ICON, tag: 'unknown' },
    };
  const { alerts, alertCount, status, severity, rings, tag, alertIds, silence } = payload;
  const firing = status === 'firing';
  const lines = alerts.map((alert) => {
    const { title, body } = notificationText({ ...alert, activeAtMs: 0, sampleTimeMs: 0 }, lang);
    // English has the rule's own sentence; it has the host in it.
    const text = lang === 'en' ? alert.summary : `${alert.target.name} · ${body}`;
    return alert.state === 'resolved'
      ? { title: `${say.resolved}: ${alert.target.name}`, line: `${say.resolved}: ${text}` }
      : { title, line: text };
  });
  if (alertCount > lines.length && lines.length > 0)
    lines.push({ title: '', line: say.more(alertCount - lines.length) });
  const data: NoticeData = { alertIds, silence };
  const actions = [
    ...(alertIds.length > 0 ? [{ action: 'acknowledge', title: say.acknowledge }] : []),
    ...(silence ? [{ action: 'silence', title: say.silence }] : []),
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

export type Failure = 'signedOut' | 'forbidden' | 'over' | 'unreachable';

export function failureNotice(action: 'acknowledge' | 'silence', why: Failure, lang: Lang): Notice {
  const say = words[lang];
  return {
    title: action === 'acknowledge' ? say.acknowledgeFailed : say.silenceFailed,
    options: { body: say[why], lang, icon: ICON, tag: `failed-${action}` },
  };
}

const ICON = '/favicon-alert.svg';
