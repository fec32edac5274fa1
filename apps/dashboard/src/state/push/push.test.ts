import { describe, expect, test } from 'vitest';
import { act } from './act.ts';
import { noticeOf, type NoticeOptions } from './notice.ts';
import { parsePayload, type Payload } from './payload.ts';

const payload: Payload = {
  title: '[Critical] Memory at 96 % on <b>web-1</b>',
  body: 'critical: Memory at 96 % on <b>web-1</b>',
  tag: 'group',
  status: 'firing',
  severity: 'critical',
  newIds: ['a'],
  alertIds: ['a', 'b'],
  rings: true,
  alerts: [
    {
      id: 'a',
      ruleId: 'memory-high',
      target: { id: 'web100000000', kind: 'host', name: '<b>web-1</b>' },
      severity: 'critical',
      state: 'firing',
      metric: 'system.memory.utilization',
      attributes: {},
      value: 0.96,
      threshold: 0.9,
      summary: 'Memory at 96 % on <b>web-1</b>',
    },
  ],
  alertCount: 3,
  silence: [{ name: 'targetId', op: '~', value: 'web100000000' }],
};
const titles = ({ actions }: NoticeOptions): readonly string[] =>
  (actions ?? []).map(({ title }) => title);

describe('the notification', () => {
  test('in English says the rule’s own sentence, in Korean ours; names stay text', () => {
    const english = noticeOf(payload, 'en');
    expect(english).toMatchObject({
      title: 'Critical: <b>web-1</b>',
      options: {
        body: 'Memory at 96 % on <b>web-1</b>\nand 2 more',
        tag: 'group',
        renotify: true,
        silent: false,
        requireInteraction: true,
        data: { alertIds: ['a', 'b'], silence: payload.silence },
      },
    });
    expect(titles(english.options)).toEqual(['Acknowledge', 'Silence 1 h']);
    const korean = noticeOf(payload, 'ko');
    expect(korean.title).toBe('위험: <b>web-1</b>');
    expect(korean.options.body).toBe('<b>web-1</b> · 메모리 96.0% (기준 90%)\n외 2건');
    expect(titles(korean.options)).toEqual(['확인', '1시간 무음']);
  });

  test('of what is over takes the place of the other without a sound, and has no buttons', () => {
    const [first] = payload.alerts as [Payload['alerts'][number]];
    const { title, options } = noticeOf(
      {
        ...payload,
        status: 'resolved',
        rings: false,
        alertIds: [],
        silence: undefined,
        alerts: [{ ...first, state: 'resolved' }],
        alertCount: 1,
      },
      'en',
    );
    expect(title).toBe('Resolved: <b>web-1</b>');
    expect(options).toMatchObject({
      tag: 'group',
      renotify: false,
      silent: true,
      requireInteraction: false,
    });
    expect(titles(options)).toEqual([]);
  });

  test('is made for whatever is pushed: browsers demand one', () => {
    for (const text of ['', 'not JSON', '{}', JSON.stringify({ ...payload, alertIds: 1 })])
      expect(noticeOf(parsePayload(text), 'en').options.body).toMatch(/Open OpenManager/);
    expect(parsePayload(JSON.stringify(payload))).toEqual(payload);
    expect(noticeOf({ ...payload, alerts: [] }, 'ko')).toMatchObject({
      title: payload.title,
      options: { body: payload.body },
    });
  });
});

describe('the buttons', () => {
  const sent: string[] = [];
  const answering = (statuses: Readonly<Record<string, number>>): typeof fetch =>
    ((path: string, { method, body }: { method: string; body: string }) => {
      sent.push(`${method} ${path} ${body}`);
      const status = statuses[path.split('/')[4] ?? ''] ?? statuses['*'];
      if (status === undefined) return Promise.reject(new TypeError('no network'));
      return Promise.resolve(new Response(null, { status }));
    }) as unknown as typeof fetch;
  const data = { alertIds: ['a', 'b c'], silence: payload.silence };
  const run = async (
    action: 'acknowledge' | 'silence',
    statuses: Readonly<Record<string, number>>,
  ): Promise<string | undefined> => {
    sent.length = 0;
    return act(action, data, { fetch: answering(statuses), now: () => 1_000 });
  };

  test('acknowledge all that the message was about', async () => {
    expect(await run('acknowledge', { '*': 204 })).toBeUndefined();
    expect(sent).toEqual([
      'PUT /api/v1/alerts/a/acknowledgement {}',
      'PUT /api/v1/alerts/b%20c/acknowledgement {}',
    ]);
  });

  test('are done when some of it had ended, not when one could not be reached', async () => {
    expect(await run('acknowledge', { a: 404, '*': 204 })).toBeUndefined();
    expect(await run('acknowledge', { a: 204 })).toBe('unreachable');
    expect(await run('acknowledge', { '*': 404 })).toBe('over');
    expect(await run('acknowledge', { '*': 401 })).toBe('unauthenticated');
  });

  test('silence for an hour; who may not is told', async () => {
    expect(await run('silence', { '*': 201 })).toBeUndefined();
    expect(sent).toEqual([
      `POST /api/v1/silences ${JSON.stringify({ matchers: payload.silence, reason: 'notification', endsAtMs: 3_601_000 })}`,
    ]);
    expect(await run('silence', { '*': 403 })).toBe('forbidden');
    expect(await run('silence', {})).toBe('unreachable');
  });
});
