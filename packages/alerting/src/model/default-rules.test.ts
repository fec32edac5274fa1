import { DAY_MS, MINUTE_MS } from '@openmanager/protocol/durations';
import type { Alert, Audience } from '@openmanager/protocol';
import { describe, expect, test } from 'vitest';
import { audienceOf, defaultRules, type Foresight } from '../index.ts';
import { CPU, host, INTERVAL_MS, rig, type Rig } from '../../test/kit.ts';
const audiences = new Map(defaultRules.map((rule) => [rule.ruleId, audienceOf(rule)]));

const fs = (metric: string, more = ''): string =>
  `system.filesystem.${metric}{system.device="sda1",system.filesystem.mountpoint="/"${more},system.filesystem.type="ext4"}`;
const net = (metric: string): string =>
  `${metric}{network.interface.name="eth0",network.io.direction="receive"}`;
const keys = {
  cpu: CPU,
  iowait: `${CPU}{cpu.mode="iowait"}`,
  steal: `${CPU}{cpu.mode="steal"}`,
  cores: 'system.cpu.logical.count',
  load: 'system.linux.cpu.load_15m',
  memory: 'system.memory.utilization',
  swap: 'system.paging.utilization',
  swapOut: 'system.paging.operations{system.paging.direction="out"}',
  disk: fs('utilization'),
  free: fs('usage', ',system.filesystem.state="free"'),
  inodes: fs('inodes.utilization'),
  busy: 'system.disk.io_time{system.device="sda"}',
  packets: net('system.network.packet.count'),
  errors: net('system.network.errors'),
  drops: net('system.network.packet.dropped'),
  failed: 'systemd.unit.state{systemd.unit.active_state="failed",systemd.unit.name="web.service"}',
  running: 'systemd.unit.state{systemd.unit.active_state="active",systemd.unit.name="web.service"}',
  healthy: 'hw.physical_disk.healthy{hw.id="sda",hw.name="X"}',
  wear: 'hw.physical_disk.wear{hw.id="sda",hw.name="X"}',
  uptime: 'system.uptime',
  oom: 'system.linux.memory.oom_kills',
  descriptors: 'system.linux.file_descriptors.utilization',
  failedFilesystem: `system.linux.filesystem.failed${fs('x').slice(fs('x').indexOf('{'))}`,
  raid: 'system.linux.md.degraded{system.device="md0"}',
  poolOnline: 'system.linux.zfs.pool.state{state="online",zfs.pool="tank"}',
  poolSuspended: 'system.linux.zfs.pool.state{state="suspended",zfs.pool="tank"}',
  btrfsMissing: 'system.linux.btrfs.device.missing{btrfs.filesystem="data"}',
  btrfsErrors:
    'system.linux.btrfs.device.errors{btrfs.device="1",btrfs.filesystem="data",error.type="read"}',
  ecc: 'system.linux.edac.errors{error.type="uncorrected",hw.id="mc0"}',
  eccCorrected: 'system.linux.edac.errors{error.type="corrected",hw.id="mc0"}',
  bond: 'system.linux.network.bond.members{network.interface.name="bond0",state="inactive"}',
  conntrack: 'system.linux.conntrack.utilization',
  synchronised: 'system.linux.time.synchronized',
} as const;
type Name = keyof typeof keys;
const keyArray = Object.values(keys);

const calm: Readonly<Record<Name, number>> = {
  cpu: 0.2,
  iowait: 0.01,
  steal: 0,
  cores: 8,
  load: 2,
  memory: 0.5,
  swap: 0.05,
  swapOut: 0,
  disk: 0.55,
  free: 40e9,
  inodes: 0.1,
  busy: 0.05,
  packets: 2_000,
  errors: 0,
  drops: 0,
  failed: 0,
  running: 1,
  healthy: 1,
  wear: 0.3,
  uptime: 1e6,
  oom: 0,
  descriptors: 0.02,
  failedFilesystem: 0,
  raid: 0,
  poolOnline: 1,
  poolSuspended: 0,
  btrfsMissing: 0,
  btrfsErrors: 0,
  ecc: 0,
  eccCorrected: 3,
  bond: 0,
  conntrack: 0.1,
  synchronised: 1,
};

/** The same numbers on every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A build server that also serves a database: builds each hour, a backup at night, a nearly full memory. */
function busySample(timeMs: number, chance: () => number): Record<Name, number> {
  const minute = Math.floor(timeMs / MINUTE_MS) % 1440;
  const building = minute % 60 < 25;
  const backup = minute >= 120 && minute < 165;
  const spike = chance() < 0.01;
  return {
    ...calm,
    cpu: spike ? 1 : building ? 0.96 + chance() * 0.04 : 0.15 + chance() * 0.2,
    iowait: backup ? 0.3 + chance() * 0.3 : chance() * 0.05,
    steal: chance() * 0.02,
    load: building ? 17 + chance() * 6 : 3,
    memory: spike ? 0.93 : 0.82 + chance() * 0.06 + (building ? 0.04 : 0),
    swap: 0.35,
    swapOut: building ? chance() * 300 : 0,
    disk: 0.72 + (minute / 1440) * 0.01 + (building ? 0.05 : 0),
    free: 25e9,
    busy: backup ? 0.97 + chance() * 0.03 : chance() * 0.4,
    errors: chance() < 0.001 ? 1 : 0,
    drops: backup ? 30 : chance() * 3,
    uptime: 1e6 + timeMs / 1000,
  };
}

const farAway: Foresight = {
  band: () => undefined,
  crossing: () => 20 * DAY_MS,
};

function feed({ engine }: Rig, timeMs: number, sample: Record<Name, number>): Alert[] {
  const values = Object.keys(keys).map((name) => sample[name as Name]);
  return [
    ...engine.observe({ target: host, timeMs, keys: keyArray, values }, timeMs),
    ...engine.tick(timeMs),
  ];
}

test('a healthy busy machine is shown busy in a day, and no receiver but browsers is told', () => {
  const told = rig(defaultRules, [], { foresight: farAway });
  const chance = random(7);
  const fired: Alert[] = [];
  for (let timeMs = 0; timeMs < DAY_MS; timeMs += INTERVAL_MS)
    for (const alert of feed(told, timeMs, busySample(timeMs, chance)))
      if (alert.state === 'firing') fired.push(alert);
  expect(fired.filter(({ ruleId }) => audiences.get(ruleId) === 'everyone')).toEqual([]);
  // The day was a busy one: the other rules did fire, and not at each turn.
  const others = defaultRules.filter((rule) => audienceOf(rule) !== 'everyone');
  expect(new Set(fired.map(({ ruleId }) => ruleId))).toEqual(
    new Set(others.map(({ ruleId }) => ruleId)),
  );
  expect(fired.filter(({ ruleId }) => ruleId === 'cpu-high').length).toBeLessThan(250);
});

describe('what is wrong with a machine fires its rule, and notifies where it should', () => {
  /** How long the trouble must last, in minutes, for the rule to fire. */
  const troubles: readonly (readonly [Partial<Record<Name, number>>, string, number, Audience])[] =
    [
      [{ cpu: 0.86 }, 'cpu-high', 0, 'browsers'],
      [{ cpu: 0.99 }, 'cpu-saturated', 12, 'nobody'],
      [{ iowait: 0.6 }, 'cpu-iowait', 12, 'nobody'],
      [{ steal: 0.2 }, 'cpu-steal', 12, 'everyone'],
      [{ load: 17 }, 'load-high', 15, 'nobody'],
      [{ memory: 0.91 }, 'memory-high', 0, 'browsers'],
      [{ memory: 0.91 }, 'memory-low', 5, 'nobody'],
      [{ memory: 0.96 }, 'memory-exhausted', 2, 'everyone'],
      [{ swap: 0.5, swapOut: 200 }, 'swapping', 5, 'nobody'],
      [{ oom: 0.2 }, 'oom-kill', 0, 'everyone'],
      [{ disk: 0.91 }, 'disk-full', 0, 'everyone'],
      [{ disk: 0.985, free: 4e9 }, 'disk-exhausted', 0, 'everyone'],
      [{ inodes: 0.91 }, 'inodes-full', 0, 'everyone'],
      [{ inodes: 0.99 }, 'inodes-exhausted', 0, 'everyone'],
      [{ busy: 1 }, 'disk-saturated', 12, 'nobody'],
      [{ errors: 30 }, 'network-errors', 12, 'everyone'],
      [{ drops: 30 }, 'network-drops', 12, 'nobody'],
      [{ failed: 1 }, 'systemd-unit-failed', 2, 'everyone'],
      [{ healthy: 0 }, 'disk-failing', 0, 'everyone'],
      [{ wear: 0.97 }, 'disk-worn', 0, 'everyone'],
      [{ descriptors: 0.95 }, 'file-descriptors', 1, 'everyone'],
      [{ failedFilesystem: 1 }, 'filesystem-failed', 0, 'everyone'],
      [{ raid: 1 }, 'raid-degraded', 0, 'everyone'],
      [{ poolOnline: 0, poolSuspended: 1 }, 'zfs-pool', 0, 'everyone'],
      [{ btrfsMissing: 1 }, 'btrfs-device-missing', 0, 'everyone'],
      [{ btrfsErrors: 2 }, 'btrfs-errors', 0, 'everyone'],
      [{ ecc: 1 }, 'memory-errors', 0, 'everyone'],
      [{ bond: 1 }, 'bond-degraded', 1, 'everyone'],
      [{ conntrack: 0.95 }, 'conntrack-full', 1, 'everyone'],
      [{ synchronised: 0 }, 'clock-unsynchronised', 60, 'everyone'],
    ];

  test.each(troubles)('%j: %s', (trouble, ruleId, minutes, audience) => {
    const told = rig();
    const fired: Alert[] = [];
    let timeMs = 0;
    for (; timeMs < 15 * MINUTE_MS; timeMs += INTERVAL_MS) fired.push(...feed(told, timeMs, calm));
    expect(fired).toEqual([]);
    const fromMs = timeMs;
    for (; timeMs <= fromMs + minutes * MINUTE_MS; timeMs += INTERVAL_MS)
      fired.push(...feed(told, timeMs, { ...calm, ...trouble }));
    expect(
      fired.filter((alert) => alert.ruleId === ruleId && alert.state === 'firing'),
    ).toHaveLength(1);
    expect(audiences.get(ruleId)).toBe(audience);
    const after: Alert[] = [];
    for (const untilMs = timeMs + 45 * MINUTE_MS; timeMs < untilMs; timeMs += INTERVAL_MS)
      after.push(...feed(told, timeMs, calm));
    expect(after.some((alert) => alert.ruleId === ruleId && alert.state === 'resolved')).toBe(true);
    expect(told.engine.current()).toEqual([]);
  });

  test('a full disk with much space left is full, not exhausted', () => {
    const told = rig();
    const fired = feed(told, 0, { ...calm, disk: 0.985, free: 20e9 });
    expect(fired.map(({ ruleId }) => ruleId)).toEqual(['disk-full']);
  });

  test.each([
    [20, 0.7, ['disk-full-in-24h']],
    [20, 0.5, []],
    [3, 0.7, ['disk-full-in-24h']],
    [3, 0.85, ['disk-full-in-24h', 'disk-full-in-4h']],
    [30, 0.85, []],
  ] as const)('full in %i h at %f in use', (hours, disk, ruleIds) => {
    const foresight: Foresight = {
      band: () => undefined,
      crossing: (_, key) => (key === keys.disk ? hours * 3_600_000 : undefined),
    };
    const told = rig(defaultRules, [], { foresight });
    const fired: Alert[] = [];
    for (let timeMs = 0; timeMs <= 30 * MINUTE_MS; timeMs += INTERVAL_MS)
      fired.push(...feed(told, timeMs, { ...calm, disk }));
    const firing = fired.filter(({ state }) => state === 'firing');
    expect(firing.map(({ ruleId }) => ruleId)).toEqual(ruleIds);
  });

  test('a clock that is off is a fact about the host, not one of its samples', () => {
    const told = rig();
    const clock = (offset: number, timeMs: number): readonly Alert[] =>
      told.engine.observeFacts({
        target: host,
        timeMs,
        keys: ['host.clock.offset'],
        values: [offset],
      });
    feed(told, 0, calm);
    expect(clock(40, 0)).toMatchObject([{ state: 'pending' }]);
    const fired: Alert[] = [];
    for (let timeMs = 5_000; timeMs <= 5 * MINUTE_MS; timeMs += INTERVAL_MS)
      fired.push(...feed(told, timeMs, calm));
    expect(fired).toMatchObject([
      { ruleId: 'clock-off', state: 'firing', summary: 'The clock of web-1 is off by 40 s' },
    ]);
    expect(clock(2, 6 * MINUTE_MS)).toMatchObject([{ state: 'resolved' }]);
  });

  test('a reboot is told once and stays for ten minutes', () => {
    const told = rig();
    feed(told, 0, calm);
    const fact = (value: number): readonly Alert[] =>
      told.engine.observeFacts({
        target: host,
        timeMs: 0,
        keys: ['host.reboots'],
        values: [value],
      });
    expect(fact(1)).toMatchObject([{ state: 'firing', summary: 'web-1 was started anew' }]);
    expect(fact(0)).toEqual([]);
    const later: Alert[] = [];
    for (let timeMs = 5_000; timeMs <= 11 * MINUTE_MS; timeMs += INTERVAL_MS)
      later.push(...feed(told, timeMs, calm));
    expect(later).toMatchObject([{ state: 'resolved', resolvedAtMs: 10 * MINUTE_MS }]);
  });

  test('a silent host is shown after three intervals, and notified a minute later', () => {
    const rule = defaultRules.find(({ ruleId }) => ruleId === 'host-silent');
    expect(rule).toMatchObject({ forMs: 0, intervals: 3, notifyAfterMs: 60_000 });
    expect(rig().tick(15_000)).toMatchObject([{ ruleId: 'host-silent', state: 'firing' }]);
  });
});
