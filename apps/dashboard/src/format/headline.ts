import type { HeadlineKey } from '@openmanager/protocol';
import type { ServerMetrics } from '@openmanager/react';

/** The headline figures of a host in base units, NaN where there is none. */
export interface Headline {
  readonly cpu: number;
  readonly memory: number;
  readonly disk: number;
  readonly receive: number;
  readonly transmit: number;
  readonly read: number;
  readonly write: number;
  readonly load: number;
  readonly uptimeSeconds: number;
}

export const CPU_KEY = 'system.cpu.utilization';

export function headline({ series }: Pick<ServerMetrics, 'series'>): Headline {
  const at = (key: HeadlineKey): number => series[key] ?? Number.NaN;
  return {
    cpu: at(CPU_KEY),
    memory: at('system.memory.utilization'),
    disk: at('system.filesystem.utilization'),
    receive: at('system.network.io{network.io.direction="receive"}'),
    transmit: at('system.network.io{network.io.direction="transmit"}'),
    read: at('system.disk.io{disk.io.direction="read"}'),
    write: at('system.disk.io{disk.io.direction="write"}'),
    load: at('system.linux.cpu.load_1m'),
    uptimeSeconds: at('system.uptime'),
  };
}

export type Level = 'ok' | 'medium' | 'high' | 'critical';

/** The product's thresholds of a share in use. */
export function levelOf(ratio: number): Level {
  if (ratio > 0.95) return 'critical';
  if (ratio > 0.85) return 'high';
  return ratio > 0.7 ? 'medium' : 'ok';
}
