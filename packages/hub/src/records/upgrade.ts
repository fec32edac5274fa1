/**
 * Records of before there were targets name a host by `hostId` and `hostname`. They are not rewritten: what is read is
 * brought into today's form, and what is written has it.
 */
import { unknownHost, type TargetRef } from '@openmanager/protocol';

interface OfHost {
  readonly hostId?: unknown;
  readonly hostname?: unknown;
}

/**
 * Of an alert, an anomaly or an event: `hostId` and `hostname` become `target`. Others stay the same object. Anomalies
 * had no name: it is asked for.
 */
export function withTarget<T extends object>(
  stored: T,
  nameOf?: (hostId: string) => string | undefined,
): T {
  const { hostId, hostname, ...rest } = stored as T & OfHost;
  if (typeof hostId !== 'string') return stored;
  const { id, kind, name } = unknownHost(hostId);
  const told = typeof hostname === 'string' ? hostname : nameOf?.(hostId);
  const target: TargetRef = { id, kind, name: told ?? name };
  return { ...rest, target } as unknown as T;
}
