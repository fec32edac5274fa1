/** A process of its own: hosts with the twelve headline series, sampled each second and sent as real agents do. */
import { startAgent, type Collector } from '@openmanager/agent';
import { headlineKeys } from '@openmanager/protocol';

const [hub, ...keys] = process.argv.slice(2);
process.on('disconnect', () => process.exit(0));

/** About half of the values change at display precision from one second to the next. */
function collector(index: number): Collector {
  const values = Float64Array.from(headlineKeys, (_, key) => 0.1 + key * 0.05);
  return {
    facts: () => ({
      hostname: `host-${index}`,
      os: 'linux',
      osName: 'Debian GNU/Linux 12 (bookworm)',
      kernel: '6.1.0-28-amd64',
      arch: 'x64',
      cpuModel: 'AMD EPYC 7B13',
      cpuCount: 8,
      memoryBytes: 16 * 2 ** 30,
      timeZone: 'Europe/Berlin',
    }),
    sample: () => {
      for (let key = 0; key < values.length; key++)
        if (Math.random() < 0.5) values[key] = Math.random();
      return { keys: headlineKeys, values };
    },
    processes: () => undefined,
  };
}

for (const [index, key] of keys.entries())
  await startAgent({
    ...(hub === undefined ? {} : { hub }),
    key,
    intervalMs: 1000,
    demo: true,
    stateFolder: null,
    collect: collector(index),
  });
