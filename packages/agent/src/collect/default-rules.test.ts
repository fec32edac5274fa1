/** A rule about a metric that nobody measures never fires: tests that make up the series cannot see it. */
import { afterAll, expect, test } from 'vitest';
import { defaultRules } from '@openmanager/alerting';
import { metricOfKey, parseSeriesKey, SILENCE_METRIC } from '@openmanager/protocol';
import { machine, MACHINE_STEP_MS } from '../../test/machine.ts';
import { FakeProgram } from '../../test/fake-program.ts';
import { LinuxCollector } from './linux.ts';
import { SmartSource } from './smart.ts';
import { SystemdSource } from './systemd.ts';
import { TimeSyncSource } from './time-sync.ts';

/** What the hub notices by itself. */
const facts = new Set<string>([SILENCE_METRIC, 'host.clock.offset', 'host.reboots']);

const made = machine();
afterAll(() => made.remove());

/** All series of a machine that has everything. */
async function measured(): Promise<readonly string[]> {
  made.write('/proc/self/mountinfo', '22 1 8:1 / / rw - ext4 /dev/sda1 rw\n');
  let clock = 0;
  const collector = new LinuxCollector({ root: made.root, monotonic: () => clock });
  const systemd = new SystemdSource({
    root: made.root,
    ask: () =>
      Promise.resolve({
        failed: 0,
        units: [
          {
            name: 'web.service',
            activeState: 'active',
            subState: 'running',
            restarts: 0,
            memoryBytes: 1,
          },
        ],
      }),
  });
  const time = new TimeSyncSource(made.root, () =>
    Promise.resolve({ synchronized: true, offsetSeconds: 0 }),
  );
  collector.sample(0, { perCore: true });
  for (const asked of [systemd, time]) asked.read(0);
  for (let tries = 0; tries < 100; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    clock += MACHINE_STEP_MS;
    const { keys } = collector.sample(0, { perCore: true });
    for (const asked of [systemd, time]) asked.read(1_000);
    const all = [...keys, ...systemd.keys, ...time.keys];
    if (all.some((key) => key.startsWith('system.filesystem.limit'))) {
      collector.close();
      return [...all, ...(await disks())];
    }
  }
  throw new Error('the filesystem did not answer');
}

/** What a solid-state disk tells by smartctl. */
async function disks(): Promise<readonly string[]> {
  const program = new FakeProgram('smartctl');
  const disk = { name: '/dev/nvme0', type: 'nvme' };
  program.answer('--scan --json=c', { output: { devices: [disk] } });
  program.answer('--json=c -n standby -a -d nvme /dev/nvme0', {
    output: {
      smartctl: { exit_status: 0 },
      smart_status: { passed: true },
      nvme_smart_health_information_log: { critical_warning: 0, percentage_used: 1 },
    },
  });
  const smart = new SmartSource({ root: made.root, folders: [program.folder] });
  smart.read(0);
  await smart.settled();
  smart.read(1);
  smart.close();
  program.remove();
  return smart.keys;
}

const keys = await measured();

test.each(defaultRules.map((rule) => [rule.ruleId, rule] as const))('%s', (_, rule) => {
  if (rule.kind === 'absent' || facts.has(rule.metric)) return;
  const others = rule.kind === 'missing' ? [] : [rule.per, ...(rule.guards ?? [])];
  for (const metric of [rule.metric, ...others.flatMap((one) => one?.metric ?? [])])
    expect(keys.map(metricOfKey), `${rule.ruleId} is about ${metric}`).toContain(metric);
  if (rule.kind === 'missing') return;
  const own = keys.map(parseSeriesKey).filter(({ metric }) => metric === rule.metric);
  if (rule.scope === 'total')
    expect(own.some(({ attributes }) => Object.keys(attributes).length === 0)).toBe(true);
  for (const name of Object.keys(rule.where ?? {}))
    expect(
      own.some(({ attributes }) => name in attributes),
      `${rule.ruleId}: ${name}`,
    ).toBe(true);
});
