/** The table of imports, asked as the linter asks. */
import { expect, test } from 'vitest';
import { verdict } from './verdict.ts';

const HUB = 'packages/hub/src';

test.each([
  [`${HUB}/alerts/keeper.ts`, '../ports/index.ts', false],
  [`${HUB}/alerts/keeper.ts`, './outbox.ts', false],
  [`${HUB}/app/start.ts`, '../alerts/index.ts', false],
  [`${HUB}/index.ts`, './app/start.ts', false],
  [`${HUB}/history/promql.ts`, '@openmanager/promql', false],
  [`${HUB}/ports/alerts.ts`, '@openmanager/alerting', true],
  [`${HUB}/stream/live.ts`, 'rxjs', false],
  [`${HUB}/gateway/index.ts`, 'socket.io', false],
  [`${HUB}/alerts/keeper.test.ts`, '../app/start.ts', false],
  [`${HUB}/../test/kit/harness.ts`, '@openmanager/client', false],
  ['packages/promql/src/window.ts', '@openmanager/store/contract', false],
  ['packages/analytics/src/host/days.ts', '@openmanager/protocol/durations', false],
  ['packages/alerting/src/notify/mail/send.ts', 'node:net', false],
  ['apps/dashboard/src/pages/alerts/editor/Editor.tsx', '../parts.tsx', false],
  ['apps/dashboard/src/shell/App.tsx', '../pages/host/HostPage.tsx', false],
  ['apps/dashboard/src/main.tsx', './shell/App.tsx', false],
  ['apps/dashboard/src/api/alerts.ts', '@openmanager/alerting/model', true],
  ['apps/dashboard/src/ui/Chart.tsx', 'react', false],
  ['benchmarks/store.ts', 'socket.io', false],
])('%s may import %s', (path, source, isType) => {
  expect(verdict(path, source, isType)).toBeUndefined();
});

test.each([
  [`${HUB}/alerts/keeper.ts`, '../outlook/trends.ts', 'may not import outlook'],
  [`${HUB}/alerts/deep/down.ts`, '../../app/start.ts', 'may not import app'],
  [`${HUB}/api/server.ts`, '../auth/index.ts', 'may not import auth, but ports'],
  [`${HUB}/ports/alerts.ts`, '../alerts/index.ts', 'may not import alerts, but nothing else'],
  [`${HUB}/ports/alerts.ts`, '@openmanager/alerting', '(types only: alerting, analytics, store)'],
  [`${HUB}/alerts/keeper.ts`, '../index.ts', 'may not import src/index.ts'],
  [`${HUB}/app/start.ts`, '@openmanager/hub', 'by relative paths'],
  [`${HUB}/app/start.ts`, '../../../store/src/index.ts', 'import a package by its name'],
  [`${HUB}/alerts/keeper.ts`, 'socket.io/dist/x.js', 'Only packages/hub/src/gateway'],
  ['packages/alerting/src/engine/engine.ts', 'fs', 'also runs in browsers'],
  ['packages/analytics/src/host/days.ts', '@openmanager/protocol', 'but protocol/durations'],
  ['packages/store/src/contract/store.ts', '../read/reader.ts', 'may not import read'],
  ['packages/cli/src/main.ts', 'openmanager', 'by relative paths'],
  ['packages/agent/src/agent.ts', 'openmanager', 'may not import openmanager'],
  ['apps/dashboard/src/pages/host/HostPage.tsx', '../../shell/App.tsx', 'may not import shell'],
  ['apps/dashboard/src/pages/host/HostPage.tsx', '../fleet/card.tsx', 'may not import pages/fleet'],
  ['apps/dashboard/src/api/alerts.ts', '@openmanager/alerting/model', '(types only: alerting)'],
  ['packages/newcomer/src/index.ts', 'react', 'has no row'],
])('%s may not import %s', (path, source, message) => {
  expect(verdict(path, source, false)).toContain(message);
  if (!message.includes('relative'))
    expect(verdict(path, source, false)).toContain('ARCHITECTURE.md');
});
