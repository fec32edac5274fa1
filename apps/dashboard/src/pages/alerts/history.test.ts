import type { Alert } from '@openmanager/protocol';
import { expect, test } from 'vitest';
import { TOAST_LIMIT, toastReducer } from '../../state/toast-list.ts';
import { mergeResolved } from './history.ts';

function alert(id: string, change: Partial<Alert> = {}): Alert {
  return {
    id,
    ruleId: 'cpu',
    target: { id: 'aaaaaaaaaaaa', kind: 'host', name: 'web' },
    severity: 'warning',
    state: 'resolved',
    metric: 'system.cpu.utilization',
    attributes: {},
    value: 0.5,
    threshold: 0.85,
    activeAtMs: 1000,
    firedAtMs: 1000,
    resolvedAtMs: 2000,
    sampleTimeMs: 2000,
    summary: '',
    ...change,
  };
}

test('history and live merge by episode, newest first', () => {
  const read = [alert('a'), alert('b', { resolvedAtMs: 3000 })];
  const live = [
    alert('a', { firedAtMs: 5000, resolvedAtMs: 6000 }),
    alert('b', { resolvedAtMs: 3000, value: 0.1 }),
    alert('c', { state: 'firing', resolvedAtMs: undefined }),
  ];
  const merged = mergeResolved(read, live);
  expect(merged.map((one) => [one.id, one.resolvedAtMs])).toEqual([
    ['a', 6000],
    ['b', 3000],
    ['a', 2000],
  ]);
  expect(merged[1]?.value).toBe(0.1);
});

test('an alert that never fired is not history', () => {
  expect(mergeResolved([], [alert('a', { firedAtMs: undefined })])).toEqual([]);
});

test('toasts are bounded, newest first, one per alert', () => {
  let shown: readonly Alert[] = [];
  for (let index = 0; index < 10; index++)
    shown = toastReducer(shown, { type: 'add', alert: alert(`a${index}`) });
  expect(shown).toHaveLength(TOAST_LIMIT);
  expect(shown[0]?.id).toBe('a9');
  shown = toastReducer(shown, { type: 'add', alert: alert('a8') });
  expect(shown.map((one) => one.id)).toEqual(['a8', 'a9', 'a7']);
  expect(toastReducer(shown, { type: 'close', id: 'a9' }).map((one) => one.id)).toEqual([
    'a8',
    'a7',
  ]);
});
