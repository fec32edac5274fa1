import type { ConnectionState } from '@openmanager/client';
import { useClient } from './use-client.ts';
import { identity, useSelected } from './use-selected.ts';
import type { SelectOptions } from './types.ts';

const initial: ConnectionState = { status: 'idle' };

/** State of the shared connection, or what the selector makes of it. Reads only: it does not connect. */
export function useConnection(): ConnectionState;
export function useConnection<T>(
  selector: (state: ConnectionState) => T,
  options?: SelectOptions<T>,
): T;
export function useConnection(
  selector: (state: ConnectionState) => unknown = identity,
  options: SelectOptions<unknown> = {},
): unknown {
  const client = useClient(options);
  return useSelected(client.connection, initial, selector, options.isEqual);
}
