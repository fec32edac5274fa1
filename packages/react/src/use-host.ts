import type { HostState, SubscribeOptions } from '@openmanager/client';
import { targetTopic } from '@openmanager/protocol';
import { useMemo } from 'react';
import { useTopic } from './use-client.ts';
import { identity, useSelected } from './use-selected.ts';
import type { SelectOptions } from './types.ts';

export interface UseHostOptions<T>
  extends SelectOptions<T>, Pick<SubscribeOptions, 'metrics' | 'maxRateMs' | 'chart'> {}

/**
 * Every series and the processes of one host, or what the selector makes of it; null while nothing is known.
 * Holds topic `target:<id>`, which makes the host's agent sample every second.
 */
export function useHost(hostId: string): HostState | null;
export function useHost<T>(
  hostId: string,
  selector: (host: HostState | null) => T,
  options?: UseHostOptions<T>,
): T;
export function useHost(
  hostId: string,
  selector: (host: HostState | null) => unknown = identity,
  options: UseHostOptions<unknown> = {},
): unknown {
  const client = useTopic(options, targetTopic(hostId), options);
  const readable = useMemo(() => client.host(hostId), [client, hostId]);
  return useSelected(readable, null, selector, options.isEqual);
}
