import { expect, test } from 'vitest';
import { agentReport } from './agent-report.ts';

test('what an agent says of itself is put together from its newest sample', () => {
  const said: Record<string, number> = {
    'system.uptime': 5,
    'openmanager.agent.collect.duration': 7,
    'openmanager.agent.collect.duration{source="gpu"}': 6,
    'openmanager.agent.collect.failures{source="load"}': 2,
    'openmanager.agent.collect.failures{source="edac"}': 1,
    'openmanager.agent.not_listed{source="filesystem"}': 6,
    'openmanager.agent.not_listed{source="systemd"}': Number.NaN,
    'openmanager.agent.memory.usage': 5e7,
    'openmanager.agent.spool.size': 1000,
    'openmanager.agent.spool.waiting': 3,
    'openmanager.agent.spool.memory_only': 1,
    'openmanager.agent.batches.dropped': 4,
    'openmanager.agent.connections': 2,
    'openmanager.agent.of_tomorrow': 9,
  };
  const newest = { keys: Object.keys(said), values: Float64Array.from(Object.values(said)) };
  expect(agentReport(newest)).toEqual({
    collectMs: 7,
    failures: 3,
    notListed: 6,
    memoryBytes: 5e7,
    spoolBytes: 1000,
    batchesWaiting: 3,
    memoryOnly: true,
    batchesDropped: 4,
    connections: 2,
  });
  expect(agentReport({ keys: ['system.uptime'], values: Float64Array.of(1) })).toBeUndefined();
  expect(agentReport(undefined)).toBeUndefined();
});
