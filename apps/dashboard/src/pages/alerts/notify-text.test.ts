import type { Alert, NotifyDecision } from '@openmanager/protocol';
import {
  createFormat,
  dashboardMessages,
  formatMessage,
  type DashboardMessages,
} from '@openmanager/texts';
import { expect, test } from 'vitest';
import type { Translate } from '../../i18n/locale.ts';
import { untoldText } from './notify-text.ts';

const untilMs = Date.UTC(2030, 0, 1);

function alertOf(id: string, metric: string, notify?: NotifyDecision): Alert {
  return {
    id,
    ruleId: 'r',
    target: { id: 'h', kind: 'host', name: 'web-1' },
    severity: 'warning',
    state: 'firing',
    metric,
    attributes: {},
    value: 1,
    threshold: 1,
    activeAtMs: 0,
    sampleTimeMs: 0,
    summary: '',
    notify,
  };
}

const alerts = [alertOf('down', 'host.silence'), alertOf('other', 'system.cpu.utilization')];

test.each([
  [undefined, undefined, undefined],
  [{ to: 'everyone' }, undefined, undefined],
  [{ to: 'browsers', muted: 'acknowledged' }, undefined, undefined],
  [{ to: 'nobody' }, 'Only shown: its rule tells nobody', '표시만: 규칙이 알리지 않음'],
  [{ to: 'everyone', muted: 'silenced', untilMs }, 'Silenced until TIME', 'TIME까지 무음'],
  [
    { to: 'everyone', muted: 'inhibited', by: 'down' },
    'Not sent: the host is down',
    '알리지 않음: 호스트가 응답하지 않음',
  ],
  [
    { to: 'everyone', muted: 'inhibited', by: 'other' },
    'Not sent: another alert explains it',
    '알리지 않음: 다른 알림이 원인',
  ],
  [
    { to: 'everyone', muted: 'too-early', untilMs },
    'Not sent before TIME',
    'TIME 전에는 알리지 않음',
  ],
  [{ to: 'everyone', muted: 'off-hours' }, 'Not sent at this hour', '알리지 않는 시간대'],
  [
    { to: 'browsers', muted: 'fired-again', untilMs },
    'Not sent again before TIME',
    'TIME 전에는 다시 알리지 않음',
  ],
] as const)('%j', async (notify, english, korean) => {
  for (const [locale, expected] of [
    ['en', english],
    ['ko', korean],
  ] as const) {
    const { messages } = await dashboardMessages[locale]();
    const t: Translate = (id, values) =>
      formatMessage(locale, messages[id as keyof DashboardMessages], values);
    const format = createFormat(locale);
    const text = untoldText(t, format, alertOf('a', 'system.cpu.utilization', notify), alerts);
    expect(text).toBe(expected?.replace('TIME', format.dateTime(untilMs)));
  }
});
