import type { ServerMetrics, SubscribeOptions } from '@openmanager/client';
import { useTopic } from './use-client.ts';
import { identity, useSelected } from './use-selected.ts';
import type { SelectOptions } from './types.ts';

const initial: readonly ServerMetrics[] = [];

export interface UseFleetOptions<T> extends SelectOptions<T>, SubscribeOptions {}

/**
 * Hosts of the fleet, or what the selector makes of them; holds topic `fleet`. The options may narrow it to what is
 * on screen: some `hosts`, some `metrics`, a `maxRateMs`.
 */
export function useFleet(): readonly ServerMetrics[];
export function useFleet<T>(
  selector: (value: readonly ServerMetrics[]) => T,
  options?: UseFleetOptions<T>,
): T;
export function useFleet(
  selector: (value: readonly ServerMetrics[]) => unknown = identity,
  options: UseFleetOptions<unknown> = {},
): unknown {
  const client = useTopic(options, 'fleet', options);
  return useSelected(client.fleet, initial, selector, options.isEqual);
}
