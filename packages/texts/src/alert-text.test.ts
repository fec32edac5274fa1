import type { Alert } from '@openmanager/protocol';
import { expect, test } from 'vitest';
import { notificationText } from './alert-text.ts';

const alert: Alert = {
  id: 'a',
  ruleId: 'r',
  target: { id: 'aaa', kind: 'host', name: 'web-1' },
  severity: 'warning',
  state: 'firing',
  metric: 'system.filesystem.utilization',
  attributes: { 'system.filesystem.mountpoint': '/var' },
  value: 0.934,
  threshold: 0.9,
  activeAtMs: 1,
  sampleTimeMs: 1,
  summary: 'No samples for 15 s',
};

test('speaks Korean to a Korean browser and English to others', () => {
  expect(notificationText(alert, 'ko-KR')).toEqual({
    lang: 'ko',
    title: '경고: web-1',
    body: '디스크 사용률 /var 93.4% (기준 90%)',
  });
  expect(notificationText(alert, 'la')).toEqual({
    lang: 'en',
    title: 'Warning: web-1',
    body: 'Disk space /var 93.4% (limit 90%)',
  });
});

test('a metric it has no words for is told by the hub’s own sentence', () => {
  expect(notificationText({ ...alert, metric: 'ours.made.up' }, 'en').body).toBe(
    'No samples for 15 s',
  );
});

test('silence is told in seconds', () => {
  const silent = { ...alert, metric: 'host.silence', value: 15_200, attributes: {} };
  expect(notificationText(silent, 'en-GB').body).toBe('No data for 15\u00a0s');
  expect(notificationText(silent, 'ko').body).toBe('15초 동안 데이터 없음');
});

test('a name of any characters is one line of what can be seen', () => {
  const { title, body } = notificationText(
    {
      ...alert,
      target: { id: 'aaa', kind: 'host', name: 'web\n1' },
      attributes: { 'system.filesystem.mountpoint': '/사진\n\u202e🚀' },
    },
    'en',
  );
  expect(title).toContain('web\\n1');
  expect(body).toContain('/사진\\n\\u202e🚀');
});
