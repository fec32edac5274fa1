import type { Alert } from '@openmanager/protocol';
import { useTopic } from './use-client.ts';
import { identity, useSelected } from './use-selected.ts';
import type { SelectOptions } from './types.ts';

const initial: readonly Alert[] = [];

/** Pending, firing and lately resolved alerts, newest first; holds topic `alerts`. */
export function useAlerts(): readonly Alert[];
export function useAlerts<T>(
  selector: (value: readonly Alert[]) => T,
  options?: SelectOptions<T>,
): T;
export function useAlerts(
  selector: (value: readonly Alert[]) => unknown = identity,
  options: SelectOptions<unknown> = {},
): unknown {
  const client = useTopic(options, 'alerts');
  return useSelected(client.alerts, initial, selector, options.isEqual);
}
