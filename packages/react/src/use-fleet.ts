import type { ServerMetrics } from '@openmanager/client';
import { useTopic } from './use-client.ts';
import { identity, useSelected } from './use-selected.ts';
import type { SelectOptions } from './types.ts';

const initial: readonly ServerMetrics[] = [];

/** Hosts of the fleet, or what the selector makes of them; holds topic `fleet`. */
export function useFleet(): readonly ServerMetrics[];
export function useFleet<T>(
  selector: (value: readonly ServerMetrics[]) => T,
  options?: SelectOptions<T>,
): T;
export function useFleet(
  selector: (value: readonly ServerMetrics[]) => unknown = identity,
  options: SelectOptions<unknown> = {},
): unknown {
  const client = useTopic(options, 'fleet');
  return useSelected(client.fleet, initial, selector, options.isEqual);
}
