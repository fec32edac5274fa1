import type { HostStatus, Priority } from '@openmanager/protocol';
import type { ServerMetrics } from '@openmanager/react';

interface Shape {
  readonly cpu?: number;
  readonly status?: HostStatus;
  readonly priority?: Priority;
  readonly osName?: string;
}

/** A host for tests. */
export function host(
  hostname: string,
  { cpu, status = 'online', priority = 'low', osName = 'Debian' }: Shape = {},
): ServerMetrics {
  const hostId = hostname
    .replaceAll(/[^a-z0-9]/g, '')
    .padEnd(12, '0')
    .slice(0, 12);
  return {
    hostId,
    hostname,
    info: {
      hostId,
      facts: {
        hostname,
        os: 'linux',
        osName,
        kernel: '6.1',
        arch: 'x64',
        cpuModel: 'Test CPU',
        cpuCount: 4,
        memoryBytes: 8 * 1024 ** 3,
        timeZone: 'UTC',
        agentVersion: '0.1.0',
        demo: false,
      },
      clockOffsetMs: 0,
      clockSkewed: false,
      intervalMs: 5000,
      firstSeenMs: 0,
    },
    status,
    priority,
    timeMs: 1_700_000_000_000,
    metrics: {},
    series:
      cpu === undefined ? {} : { 'system.cpu.utilization': cpu, 'system.memory.utilization': 0.5 },
  };
}
