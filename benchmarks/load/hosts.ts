/** A process of its own: hosts with the twelve headline series, as real agents that sample on one grid. */
import { startAgent, type Collector } from '@openmanager/agent';
import { headlineKeys } from '@openmanager/protocol';
import { optionsOf } from './talk.ts';
import { Walk } from './walk.ts';

export interface HostsOptions {
  readonly url: string;
  readonly keys: readonly string[];
  readonly intervalMs: number;
}

/** When a sample was really taken: a process with many agents is later than its grid. */
export interface Taken {
  readonly host: number;
  /** As stamped, on the grid. */
  readonly timeMs: number;
  readonly takenMs: number;
}

const KEPT = 50_000;
const { url, keys, intervalMs } = optionsOf() as HostsOptions;
let taken: Taken[] = [];

function collector(host: number): Collector {
  const walk = new Walk(host);
  return {
    facts: () => ({
      hostname: `host-${host}`,
      os: 'linux',
      osName: 'Debian GNU/Linux 12 (bookworm)',
      kernel: '6.1.0-28-amd64',
      arch: 'x64',
      cpuModel: 'AMD EPYC 7B13',
      cpuCount: 8,
      memoryBytes: 16 * 2 ** 30,
      timeZone: 'Europe/Berlin',
    }),
    sample: (timeMs) => {
      if (taken.length >= KEPT) taken = taken.slice(KEPT / 2);
      taken.push({ host, timeMs, takenMs: Date.now() });
      return { keys: headlineKeys, values: walk.step(Math.round(intervalMs / 1000)) };
    },
    processes: () => undefined,
  };
}

process.on('disconnect', () => process.exit(0));
process.on('message', () => process.send?.({ taken }));
const agents = await Promise.all(
  keys.map((key, host) =>
    startAgent({
      hub: url,
      key,
      intervalMs,
      demo: true,
      stateFolder: null,
      collect: collector(host),
    }),
  ),
);
await Promise.all(agents.map((agent) => agent.whenConnected()));
process.send?.({ ready: true });
