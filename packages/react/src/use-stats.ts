import { emptyStats, type ClientStats } from '@openmanager/client';
import { useClient } from './use-client.ts';
import { identity, useSelected } from './use-selected.ts';
import type { SelectOptions } from './types.ts';

/** Figures of the shared client, or what the selector makes of them: they change with every frame. */
export function useStats(): ClientStats;
export function useStats<T>(selector: (stats: ClientStats) => T, options?: SelectOptions<T>): T;
export function useStats(
  selector: (stats: ClientStats) => unknown = identity,
  options: SelectOptions<unknown> = {},
): unknown {
  const client = useClient(options);
  return useSelected(client.stats, emptyStats, selector, options.isEqual);
}
