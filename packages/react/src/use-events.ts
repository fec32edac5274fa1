import type { HubEvent } from '@openmanager/protocol';
import { useTopic } from './use-client.ts';
import { identity, useSelected } from './use-selected.ts';
import type { SelectOptions } from './types.ts';

const initial: readonly HubEvent[] = [];

/** Newest events first, at most 200; holds topic `events`. */
export function useEvents(): readonly HubEvent[];
export function useEvents<T>(
  selector: (value: readonly HubEvent[]) => T,
  options?: SelectOptions<T>,
): T;
export function useEvents(
  selector: (value: readonly HubEvent[]) => unknown = identity,
  options: SelectOptions<unknown> = {},
): unknown {
  const client = useTopic(options, 'events');
  return useSelected(client.events, initial, selector, options.isEqual);
}
