import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { isKnownMetric, parseSeriesKey } from '@openmanager/protocol';
import { describe, expect, it } from 'vitest';
import { needs } from '../../../../scripts/peers/needs.ts';
import { fixture, valuesOf } from '../../test/fixture.ts';
import { realSystemd } from '../../test/real-systemd.ts';
import { SystemdSource } from './systemd.ts';
import { askUnits, type Unit, type UnitsAnswer } from './systemd-units.ts';

const unit = (name: string, more: Partial<Unit> = {}): Unit => ({
  name,
  activeState: 'active',
  subState: 'running',
  restarts: 0,
  memoryBytes: 1e6,
  ...more,
});

/** A source whose systemd answers what `answer` holds. */
function source(answer: { now: readonly Unit[] }, options: object = {}) {
  let questions = 0;
  const systemd = new SystemdSource({
    root: '',
    ask: () => {
      questions++;
      const failed = answer.now.filter(({ activeState }) => activeState === 'failed').length;
      return Promise.resolve<UnitsAnswer>({ failed, units: answer.now });
    },
    ...options,
  });
  let nowMs = 0;
  const round = async (): Promise<Record<string, number>> => {
    systemd.read((nowMs += 30_000));
    await new Promise(setImmediate);
    systemd.read((nowMs += 1));
    return valuesOf(systemd);
  };
  return { systemd, round, questions: () => questions };
}
const state = (name: string, of: string): string =>
  `systemd.unit.state{systemd.unit.active_state="${of}",systemd.unit.name="${name}"}`;
const memory = (name: string): string =>
  `systemd.service.memory.usage{systemd.unit.name="${name}"}`;
const namesOf = (values: Record<string, number>): string[] => [
  ...new Set(
    Object.keys(values)
      .map((key) => parseSeriesKey(key).attributes['systemd.unit.name'])
      .filter((name) => name !== undefined),
  ),
];

it('asks twice a minute; no series before the first answer or without systemd', async () => {
  const { systemd, round, questions } = source({ now: [unit('web.service')] });
  expect(systemd.keys).toEqual([]);
  await round();
  systemd.read(35_000);
  systemd.read(55_000);
  expect(questions()).toBe(1);
  await round();
  expect(questions()).toBe(2);
  systemd.read(1e9);
  expect([...systemd.values].every(Number.isNaN)).toBe(true);
  const empty = fixture({});
  const absent = new SystemdSource({ root: empty.root });
  absent.read(0);
  expect(absent.keys).toEqual([]);
  empty.remove();
});

it('tells state, restarts and memory of services by name', async () => {
  const answer = { now: [unit('web.service', { restarts: 3, memoryBytes: 5e6 })] };
  const { systemd, round } = source(answer);
  const first = await round();
  expect(first).toEqual({
    'system.systemd.unit.failed': 0,
    [state('web.service', 'active')]: 1,
    [state('web.service', 'failed')]: 0,
    'systemd.service.restarts{systemd.unit.name="web.service"}': 3,
    [memory('web.service')]: 5e6,
  });
  const { keys } = systemd;
  expect(keys.every((key) => isKnownMetric(parseSeriesKey(key).metric))).toBe(true);
  await round();
  expect(systemd.keys).toBe(keys);
  answer.now = [unit('web.service', { activeState: 'activating', subState: 'auto-restart' })];
  expect(await round()).toMatchObject({
    [state('web.service', 'active')]: 0,
    [state('web.service', 'activating')]: 1,
  });
  answer.now = [unit('web.service', { activeState: 'failed', subState: 'failed' })];
  // A state that it has been in stays a series: a rule about it must see that it is over.
  expect(await round()).toMatchObject({
    'system.systemd.unit.failed': 1,
    [state('web.service', 'activating')]: 0,
    [state('web.service', 'failed')]: 1,
  });
});

it('lists what failed of every kind and services that run, not what did its work and ended', async () => {
  const answer = {
    now: [
      unit('mnt-data.mount', { activeState: 'failed', subState: 'failed' }),
      unit('dev-sda.device', { subState: 'plugged' }),
      unit('sysctl.service', { subState: 'exited' }),
      unit('backup.service', { activeState: 'inactive', subState: 'dead' }),
      unit('web.service'),
    ],
  };
  const { systemd, round } = source(answer);
  expect(namesOf(await round())).toEqual(['mnt-data.mount', 'web.service']);
  expect(systemd.notListed).toBe(0);
  // Stopped by somebody: it stays in the list as what it is.
  answer.now = [unit('web.service', { activeState: 'inactive', subState: 'dead' })];
  expect(await round()).toMatchObject({
    [state('web.service', 'active')]: 0,
    [state('web.service', 'inactive')]: 1,
  });
});

it('tells what was stopped and forgotten by systemd as stopped, for an hour', async () => {
  const answer = { now: [unit('by-hand.service')] };
  const { systemd, round } = source(answer);
  await round();
  const { keys } = systemd;
  answer.now = [];
  expect(await round()).toMatchObject({ [state('by-hand.service', 'inactive')]: 1 });
  for (let minute = 0; minute < 62; minute++) {
    await round();
    await round();
  }
  expect(systemd.keys).toEqual(['system.systemd.unit.failed']);
  expect(keys.length).toBeGreaterThan(1);
});

it('tells units of one run each as one, so that series do not grow without end', async () => {
  const answer = { now: [] as Unit[] };
  const { systemd, round } = source(answer);
  const dumped = 'systemd-coredump@3-811-0.service';
  for (let run = 0; run < 20; run++) {
    answer.now = [
      unit(`sshd@${run}-10.0.0.1:22-10.0.0.9:${50_000 + run}.service`, { memoryBytes: 10 }),
      unit(`sshd@${run}-10.0.0.1:22-10.0.0.8:${50_000 + run}.service`, { memoryBytes: 20 }),
      unit(`run-u${run}.service`),
      unit(`run-r4f1c0a9b3e7d4f0f8a6b2c5d7e9f01${run % 10}a.service`),
      unit(`${'0123456789abcdef'.repeat(4)}-${run}.service`),
      unit(dumped, { activeState: 'failed', subState: 'failed' }),
      unit('getty@tty1.service'),
      unit('user@1000.service'),
      unit('postgresql@15-main.service'),
    ];
    const values = await round();
    expect(values[memory('sshd@*.service')]).toBe(30);
    expect(values[state('systemd-coredump@*.service', 'failed')]).toBe(1);
  }
  expect(namesOf(valuesOf(systemd))).toEqual([
    '*.service',
    'getty@tty1.service',
    'postgresql@15-main.service',
    'run-*.service',
    'sshd@*.service',
    'systemd-coredump@*.service',
    'user@1000.service',
  ]);
});

it('bounds the list: failed first, then by memory, without taking turns; the rest is counted', async () => {
  const many = (memoryOf: (index: number) => number): Unit[] =>
    Array.from({ length: 80 }, (_, index) =>
      unit(`s${String(index).padStart(2, '0')}.service`, { memoryBytes: memoryOf(index) }),
    );
  const answer = {
    now: [...many((index) => 1e6 + index), unit('bad.service', { activeState: 'failed' })],
  };
  const { systemd, round } = source(answer);
  const first = namesOf(await round());
  expect(first).toHaveLength(50);
  expect(first).toContain('bad.service');
  expect(first).toContain('s79.service');
  expect(first).not.toContain('s00.service');
  expect(systemd.notListed).toBe(31);
  // A little more memory gives nobody a place of another.
  answer.now = [
    ...many((index) => 1e6 + 1e5 - index),
    unit('bad.service', { activeState: 'failed' }),
  ];
  expect(namesOf(await round())).toEqual(first);
  answer.now = [
    ...many((index) => (index === 0 ? 1e9 : 1e6)),
    unit('worse.service', { activeState: 'failed' }),
  ];
  expect(namesOf(await round())).toEqual(expect.arrayContaining(['s00.service', 'worse.service']));
});

it('lists what was asked for whatever it does, and not what was excluded', async () => {
  const answer = {
    now: [unit('web.service'), unit('job.timer', { subState: 'waiting' }), unit('noise.service')],
  };
  const { round } = source(answer, {
    chosen: (name: string) =>
      name === 'job.timer' ? true : name.startsWith('noise') ? false : undefined,
  });
  expect(namesOf(await round())).toEqual(['job.timer', 'web.service']);
});

describe('a real systemd', needs('linux', 'root', 'unshare', 'dbus-daemon', 'systemd'), () => {
  it(
    'answers with what it runs, what failed and what it restarts',
    { timeout: 30_000 },
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'systemd-'));
      const service = (command: string, more = ''): string =>
        `[Service]\nExecStart=${command}\n${more}`;
      const systemd = await realSystemd(folder, {
        'test.target':
          '[Unit]\nWants=dbus.service good.service bad.service flap.service once.service',
        'good.service': service('/bin/sleep 1000'),
        'bad.service': service('/bin/false'),
        'flap.service': service(
          '/bin/false',
          'Restart=always\nRestartSec=0.2\nStartLimitBurst=10000\n',
        ),
        'once.service': service('/bin/true', 'Type=oneshot\nRemainAfterExit=yes\n'),
      });
      try {
        let values: Record<string, number> = {};
        const source = new SystemdSource({ root: systemd.root });
        const restarts = 'systemd.service.restarts{systemd.unit.name="flap.service"}';
        for (let nowMs = 0, until = Date.now() + 20_000; Date.now() < until; nowMs += 30_000) {
          source.read(nowMs);
          await wait(300);
          source.read(nowMs + 1);
          values = valuesOf(source);
          if ((values[restarts] ?? 0) >= 2 && values[state('good.service', 'active')] === 1) break;
        }
        expect(values[state('good.service', 'active')]).toBe(1);
        expect(values[memory('good.service')]).toBeGreaterThan(0);
        expect(values[state('bad.service', 'failed')]).toBe(1);
        expect(values['system.systemd.unit.failed']).toBe(1);
        expect(values[restarts]).toBeGreaterThanOrEqual(2);
        expect(namesOf(values)).not.toContain('once.service');
        const all = await askUnits(join(systemd.root, 'run/dbus/system_bus_socket'), true);
        expect(all.units.some(({ name }) => name === 'test.target')).toBe(true);
      } finally {
        await systemd.stop();
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );
});
