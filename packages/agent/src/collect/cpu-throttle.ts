/** How often cores and packages were slowed down because of heat (x86), counted once per core and per package. */
import { seriesKey } from '@openmanager/protocol';
import { MINUTE_MS } from '@openmanager/protocol/durations';
import { namesIn, numberIn } from './kernel-folder.ts';
import { Rates, type Reader } from './readings.ts';

const DISCOVER_EVERY_MS = 10 * MINUTE_MS;
const SCOPES = ['core', 'package'] as const;

/** Threads of a core, and cores of a package, show the same counter. */
function counterFiles(folder: string): ReadonlyMap<string, readonly string[]> {
  const files = new Map(SCOPES.map((scope) => [scope, new Map<string, string>()]));
  for (const cpu of namesIn(folder)) {
    const own = `${folder}/${cpu}`;
    if (
      !/^cpu\d+$/.test(cpu) ||
      Number.isNaN(numberIn(`${own}/thermal_throttle/core_throttle_count`))
    )
      continue;
    const physical = numberIn(`${own}/topology/physical_package_id`);
    const ids = {
      core: `${physical} ${numberIn(`${own}/topology/core_id`)}`,
      package: `${physical}`,
    };
    for (const scope of SCOPES) {
      const byId = files.get(scope);
      if (!byId?.has(ids[scope]))
        byId?.set(ids[scope], `${own}/thermal_throttle/${scope}_throttle_count`);
    }
  }
  return new Map([...files].map(([scope, byId]) => [scope, [...byId.values()]]));
}

export function cpuThrottleReader(root: string): Reader {
  const rates = new Rates();
  let files: ReadonlyMap<string, readonly string[]> = new Map();
  let discoveredMs = Number.NEGATIVE_INFINITY;
  return {
    everyMs: 30_000,
    read(add, nowMs) {
      if (nowMs - discoveredMs >= DISCOVER_EVERY_MS) {
        discoveredMs = nowMs;
        files = counterFiles(`${root}/sys/devices/system/cpu`);
      }
      rates.begin(nowMs);
      for (const [scope, paths] of files) {
        if (paths.length === 0) continue;
        // Sums of rates: a core that was switched off takes its count with it.
        const sum = paths
          .map((path) => rates.perSecond(path, numberIn(path)))
          .filter((rate) => !Number.isNaN(rate));
        add(
          seriesKey('system.linux.cpu.throttles', { scope }),
          sum.length === 0 ? Number.NaN : sum.reduce((all, rate) => all + rate),
        );
      }
    },
  };
}
