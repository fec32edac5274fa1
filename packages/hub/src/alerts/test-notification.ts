import type { Notification } from '@openmanager/alerting';
import type { Alert } from '@openmanager/protocol';

/** A message that says it is a test. */
export function testNotification(receiverId: string, nowMs: number): Notification {
  const alert: Alert = {
    id: 'test',
    ruleId: 'test',
    target: { id: 'test', kind: 'host', name: 'openmanager' },
    severity: 'info',
    state: 'firing',
    metric: 'test',
    attributes: {},
    value: 0,
    threshold: 0,
    activeAtMs: nowMs,
    firedAtMs: nowMs,
    sampleTimeMs: nowMs,
    summary: 'This is a test of OpenManager; nothing is wrong',
  };
  return {
    key: `test-${nowMs.toString(36)}`,
    receiver: receiverId,
    groupId: 'test',
    groupLabels: {},
    reason: 'new',
    rings: true,
    status: 'firing',
    severity: 'info',
    alerts: [{ alert, labels: { rule: 'test', host: 'openmanager', severity: 'info' } }],
    dropped: 0,
    createdAtMs: nowMs,
    isTest: true,
  };
}
