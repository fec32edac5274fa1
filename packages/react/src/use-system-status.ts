import type { SystemStatus } from '@openmanager/protocol';
import { useTopic } from './use-client.ts';
import { identity, useSelected } from './use-selected.ts';
import type { SelectOptions } from './types.ts';

const initial: SystemStatus | null = null;

/** State and delivery figures of the hub; holds topic `system`. */
export function useSystemStatus(): SystemStatus | null;
export function useSystemStatus<T>(
  selector: (value: SystemStatus | null) => T,
  options?: SelectOptions<T>,
): T;
export function useSystemStatus(
  selector: (value: SystemStatus | null) => unknown = identity,
  options: SelectOptions<unknown> = {},
): unknown {
  const client = useTopic(options, 'system');
  return useSelected(client.system, initial, selector, options.isEqual);
}
