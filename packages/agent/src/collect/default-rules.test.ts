/** A rule about a metric that nobody measures never fires: tests that make up the series cannot see it. */
import { afterAll, expect, test } from 'vitest';
import { defaultRules } from '@openmanager/alerting';
import { metricOfKey, parseSeriesKey, SILENCE_METRIC } from '@openmanager/protocol';
import { FakeProgram } from '../../test/fake-program.ts';
import { machine, MACHINE_STEP_MS } from '../../test/machine.ts';
import { LinuxCollector } from './linux.ts';
import { SmartSource } from './smart.ts';
import { SystemdSource } from './systemd.ts';
import { TimeSyncSource } from './time-sync.ts';

/** What the hub notices by itself. */
const facts = new Set<string>([SILENCE_METRIC, 'host.clock.offset', 'host.reboots', 'hub.lag']);

const made = machine();
/** A disk that tells its health and its wear. */
const smartctl = new FakeProgram('smartctl');
smartctl.write('scan', JSON.stringify({ devices: [{ name: '/dev/nvme0', type: 'nvme' }] }));
smartctl.write(
  'report',
  JSON.stringify({
    smartctl: { version: [7, 3], exit_status: 0, messages: [] },
    device: { name: '/dev/nvme0', type: 'nvme', protocol: 'NVMe' },
    model_name: 'disk',
    smart_status: { passed: true },
    nvme_smart_health_information_log: { critical_warning: 0, percentage_used: 3, media_errors: 0 },
  }),
);
smartctl.script(
  `case "$*" in *--scan*) cat "${smartctl.folder}/scan";; *) cat "${smartctl.folder}/report";; esac`,
);
afterAll(() => {
  made.remove();
  smartctl.remove();
});

/** All series of a machine that has everything. */
async function measured(): Promise<readonly string[]> {
  made.write('/proc/self/mountinfo', '22 1 8:1 / / rw - ext4 /dev/sda1 rw\n');
  let clock = 0;
  const collector = new LinuxCollector({ root: made.root, monotonic: () => clock });
  const systemd = new SystemdSource({
    root: made.root,
    ask: () =>
      Promise.resolve({
        failed: 1,
        units: [
          {
            name: 'web.service',
            activeState: 'failed',
            subState: 'failed',
            restarts: 3,
            memoryBytes: 1e6,
          },
        ],
      }),
  });
  const time = new TimeSyncSource(made.root, () =>
    Promise.resolve({ synchronized: true, offsetSeconds: 0 }),
  );
  const smart = new SmartSource({ root: made.root, folders: [smartctl.folder] });
  collector.sample(0, { perCore: true });
  for (const asked of [systemd, time, smart]) asked.read(0);
  await smart.settled();
  for (let tries = 0; tries < 100; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    clock += MACHINE_STEP_MS;
    const { keys } = collector.sample(0, { perCore: true });
    for (const asked of [systemd, time, smart]) asked.read(1_000);
    const all = [...keys, ...systemd.keys, ...time.keys, ...smart.keys];
    if (all.some((key) => key.startsWith('system.filesystem.limit'))) {
      for (const one of [collector, smart]) one.close();
      return all;
    }
  }
  throw new Error('the filesystem did not answer');
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
