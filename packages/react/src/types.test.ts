import type { Alert } from '@openmanager/protocol';
import { expectTypeOf, test } from 'vitest';
import type { ConnectionState, ServerMetrics } from './index.ts';
import type { useFleet, UseWebSocketResult } from './index.ts';

declare const result: UseWebSocketResult;
declare const fleet: typeof useFleet;
declare const state: ConnectionState;

test('metrics are typed by the catalogue, and a misspelt one is an error', () => {
  // Checked by the compiler; never called.
  const check = (): void => {
    const host = result.serverMetrics[0];
    expectTypeOf(host).toEqualTypeOf<ServerMetrics | undefined>();
    expectTypeOf(host?.metrics['system.cpu.utilization']).toEqualTypeOf<number | undefined>();
    // @ts-expect-error -- no such metric in the catalogue
    void host?.metrics['system.cpu.utilisation'];
    // @ts-expect-error -- no such topic
    result.subscribe('fleets');
    result.subscribe('host:abcdefghijkl', { minPriority: 'high' });
    // @ts-expect-error -- no such priority
    result.subscribe('fleet', { minPriority: 'urgent' });
    expectTypeOf(result.alerts).toEqualTypeOf<readonly Alert[]>();
    expectTypeOf(fleet((hosts) => hosts.length)).toEqualTypeOf<number>();
    if (state.status === 'connected') expectTypeOf(state.rttMs).toEqualTypeOf<number | null>();
    // @ts-expect-error -- only a connected state has a round trip
    else void state.rttMs;
  };
  expectTypeOf(check).toBeFunction();
});
