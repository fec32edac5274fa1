import { expect, test } from 'vitest';
import { HealthIssues } from './health-issues.ts';

test('one part that keeps the hub from its job is enough to be down; the others only degrade', () => {
  const issues = new HealthIssues();
  expect([issues.status(), issues.list()]).toEqual(['ok', []]);
  issues.set('receiver', 'A receiver cannot be reached.');
  expect(issues.status()).toBe('degraded');
  issues.set('overload', 'The hub cannot keep up.', { down: true });
  expect([issues.status(), issues.list()]).toEqual([
    'down',
    ['The hub cannot keep up.', 'A receiver cannot be reached.'],
  ]);
  issues.set('overload', 'The hub was late.');
  expect(issues.status()).toBe('degraded');
  issues.clear('overload');
  issues.clear('receiver');
  expect(issues.status()).toBe('ok');
});

test('a store that takes no data is down until a write succeeds', () => {
  const issues = new HealthIssues();
  issues.store(new Error('full'));
  expect(issues.status()).toBe('down');
  issues.store(undefined);
  expect(issues.status()).toBe('ok');
});
