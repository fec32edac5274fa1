import { parseSeriesKey } from '@openmanager/protocol';

export interface Filesystem {
  readonly mountpoint: string;
  readonly device: string;
  readonly type: string;
  readonly ratio: number;
  readonly limitBytes: number;
  readonly freeBytes: number;
  readonly inodes: number;
}

/** Filesystems among a host's series, fullest first. */
export function filesystems(series: Readonly<Record<string, number>>): Filesystem[] {
  const found = new Map<string, { -readonly [K in keyof Filesystem]: Filesystem[K] }>();
  for (const [key, value] of Object.entries(series)) {
    if (!key.startsWith('system.filesystem.')) continue;
    const { metric, attributes } = parseSeriesKey(key);
    const mountpoint = attributes['system.filesystem.mountpoint'];
    if (mountpoint === undefined) continue;
    let one = found.get(mountpoint);
    if (!one) {
      one = {
        mountpoint,
        device: attributes['system.device'] ?? '',
        type: attributes['system.filesystem.type'] ?? '',
        ratio: Number.NaN,
        limitBytes: Number.NaN,
        freeBytes: Number.NaN,
        inodes: Number.NaN,
      };
      found.set(mountpoint, one);
    }
    if (metric === 'system.filesystem.utilization') one.ratio = value;
    else if (metric === 'system.filesystem.limit') one.limitBytes = value;
    else if (metric === 'system.filesystem.inodes.utilization') one.inodes = value;
    else if (
      metric === 'system.filesystem.usage' &&
      attributes['system.filesystem.state'] === 'free'
    )
      one.freeBytes = value;
  }
  return [...found.values()].sort(
    (a, b) => (b.ratio || 0) - (a.ratio || 0) || (a.mountpoint < b.mountpoint ? -1 : 1),
  );
}
