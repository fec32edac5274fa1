import { clientDefaults } from './options.ts';
import type { ClientStats } from './types.ts';

export const emptyStats: ClientStats = Object.freeze({
  framesReceived: 0,
  bytesReceived: 0,
  messagesReceived: 0,
  reconnects: 0,
  recovered: 0,
  backfilled: 0,
  gaps: Object.freeze([]),
  rttMs: null,
  latencyMs: null,
  lastReceivedMs: null,
  malformedFrames: 0,
  lagging: false,
  framesCoalesced: 0,
  points: Object.freeze({ held: 0, limit: clientDefaults.pointsInAll, evicted: 0 }),
});

/** The counters behind ClientStats. */
export interface Counters {
  framesReceived: number;
  bytesReceived: number;
  messagesReceived: number;
  reconnects: number;
  recovered: number;
  backfilled: number;
  lastReceivedMs: number | null;
  malformedFrames: number;
  lagging: boolean;
  framesCoalesced: number;
}

export function newCounters(): Counters {
  return {
    framesReceived: 0,
    bytesReceived: 0,
    messagesReceived: 0,
    reconnects: 0,
    recovered: 0,
    backfilled: 0,
    lastReceivedMs: null,
    malformedFrames: 0,
    lagging: false,
    framesCoalesced: 0,
  };
}
