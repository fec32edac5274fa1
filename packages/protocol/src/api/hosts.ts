/** REST bodies of `/api/v1/hosts*`, `/api/v1/alerts*`, `/api/v1/rules`, `/api/v1/events`, `/api/v1/health`. */
import type { Alert, Severity } from '../model/alert.ts';
import type { HubEvent } from '../model/event.ts';
import type { HostInfo, HostStatus, Priority } from '../model/host.ts';

/** GET /api/v1/hosts, GET /api/v1/hosts/:hostId */
export interface HostSummary extends HostInfo {
  readonly status: HostStatus;
  readonly priority: Priority;
  readonly lastSampleAtMs: number | null;
  /** Newest value by headline key, base units. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** GET /api/v1/alerts (firing and pending), GET /api/v1/alerts/history?limit=&before= (resolved, newest first) */
export interface AlertList {
  readonly alerts: readonly Alert[];
}

/** GET /api/v1/events?limit=&before= */
export interface EventList {
  readonly events: readonly HubEvent[];
}

/** GET /api/v1/rules */
export interface RuleInfo {
  readonly ruleId: string;
  readonly metric: string;
  readonly condition:
    | 'above'
    | 'below'
    | 'rate'
    | 'outside-band'
    | 'forecast'
    | 'missing'
    | 'absent';
  /** In the metric's base unit; for `absent`, missed intervals. */
  readonly threshold: number;
  readonly clear: number;
  readonly forMs: number;
  readonly severity: Severity;
}

/** GET /api/v1/health, without sign-in. */
export interface Health {
  readonly status: 'ok' | 'degraded';
  readonly version: string;
  readonly uptimeSeconds: number;
  readonly problems: readonly string[];
}
