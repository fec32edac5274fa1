import type { Alert, Audience } from '@openmanager/protocol';
import { describe, expect, test } from 'vitest';
import { defaultRules, type Rule, type Silence } from '../index.ts';
import { CPU, rig } from '../../test/kit.ts';
import {
  alert,
  HOUR_MS,
  MINUTE_MS,
  resolved,
  SECOND_MS,
  VirtualHub,
} from '../../test/dispatch-kit.ts';

const a = alert({ id: 'a' });
const cpuHigh = alert({ id: 'cpu', ruleId: 'cpu-high', metric: CPU });
const route = { receivers: ['ops', 'browsers'] };
const silence: Silence = {
  silenceId: 's1',
  matchers: [{ name: 'host', op: '=', value: 'web-1' }],
  author: 'admin',
  reason: 'maintenance',
  createdAtMs: 0,
  startsAtMs: 0,
  endsAtMs: 30 * MINUTE_MS,
};

const withAudience = (notify: Audience): { rule(): Rule } => ({
  rule: () => ({ ...(defaultRules.find(({ ruleId }) => ruleId === 'cpu-high') as Rule), notify }),
});

describe('whom the rule tells', () => {
  test.each([
    ['nobody', [], []],
    ['browsers', ['10 browsers new firing: cpu+'], ['0 cpu']],
    ['everyone', ['10 ops new firing: cpu+', '10 browsers new firing: cpu+'], ['0 cpu']],
  ] as const)('%s', (audience, sent, rings) => {
    const hub = new VirtualHub({ route, ...withAudience(audience) });
    hub.take(cpuHigh);
    hub.run(HOUR_MS);
    expect(hub.brief()).toEqual(sent);
    expect(hub.rings()).toEqual(rings);
    expect(hub.decisions()).toEqual([`0 cpu: ${audience} told`]);
  });

  test('the default rule of a busy CPU rings in browsers at once, and reaches no other receiver', () => {
    const hub = new VirtualHub({ route });
    hub.take(cpuHigh);
    hub.run(MINUTE_MS);
    expect(hub.brief()).toEqual(['10 browsers new firing: cpu+']);
    expect(hub.rings()).toEqual(['0 cpu']);
  });

  test('a rule that is changed holds for what waits; who was told hears that it resolved', () => {
    const hub = new VirtualHub({ route, ...withAudience('everyone') });
    hub.take(cpuHigh);
    hub.run(MINUTE_MS);
    const later = { ...cpuHigh, id: 'later', attributes: { 'cpu.mode': 'user' } };
    hub.take(later);
    hub.run(MINUTE_MS);
    hub.configure(withAudience('browsers'));
    hub.run(HOUR_MS);
    hub.take(resolved(cpuHigh, hub.nowMs), resolved(later, hub.nowMs));
    hub.run(HOUR_MS);
    expect(hub.brief().filter((line) => line.includes('ops'))).toEqual([
      '10 ops new firing: cpu+',
      '3721 ops new resolved: cpu-',
    ]);
    expect(hub.decisions().slice(2)).toEqual([
      '121 cpu: browsers told',
      '121 later: browsers told',
    ]);
  });
});

describe('why nobody is told', () => {
  test('a silence: the decision changes when it is put, names it, and again when it ends', () => {
    const hub = new VirtualHub({ route });
    hub.take(a);
    hub.run(5 * SECOND_MS);
    hub.configure({ silences: [silence] });
    const late = { ...a, id: 'late' };
    hub.run(5 * SECOND_MS);
    hub.take(late);
    hub.run(HOUR_MS);
    expect(hub.decisions()).toEqual([
      '0 a: everyone told',
      '6 a: everyone silenced',
      '10 late: everyone silenced',
      '1800 a: everyone told',
      '1800 late: everyone told',
    ]);
    expect(hub.wire[1]?.alert.notify).toEqual({
      to: 'everyone',
      muted: 'silenced',
      untilMs: 30 * MINUTE_MS,
      by: 's1',
    });
    // `a` rang before the silence; `late` does when it is over.
    expect(hub.rings()).toEqual(['0 a', '1800 late']);
  });

  test('a silence that is taken back tells at once what still fires', () => {
    const hub = new VirtualHub({ route, silences: [silence] });
    hub.take(a);
    hub.run(MINUTE_MS);
    expect([hub.rings(), hub.brief()]).toEqual([[], []]);
    hub.configure({ silences: [] });
    hub.run(MINUTE_MS);
    expect(hub.rings()).toEqual(['61 a']);
    expect(hub.brief()).toEqual(['61 ops new firing: a+', '61 browsers new firing: a+']);
  });

  test('a silence with windows mutes until the end of the window', () => {
    const windows = [{ zone: 'UTC', from: '00:00', to: '00:10' }];
    const hub = new VirtualHub({ route, silences: [{ ...silence, windows }] });
    hub.take(a);
    hub.run(HOUR_MS);
    expect(hub.wire[0]?.alert.notify).toMatchObject({ muted: 'silenced', untilMs: 10 * MINUTE_MS });
    expect(hub.rings()).toEqual(['600 a']);
  });

  test('an alert that inhibits: those that fire already are told anew, with its id', () => {
    const down = alert({
      id: 'down',
      ruleId: 'host-silent',
      metric: 'host.silence',
      threshold: 15_000,
    });
    const hub = new VirtualHub({ route });
    hub.take(a);
    hub.run(20 * SECOND_MS);
    hub.take({ ...down, activeAtMs: hub.nowMs });
    hub.run(2 * MINUTE_MS);
    hub.take(resolved({ ...down, activeAtMs: 20_000 }, hub.nowMs));
    hub.run(MINUTE_MS);
    expect(hub.decisions()).toEqual([
      '0 a: everyone told',
      '20 down: everyone too-early',
      '21 a: everyone inhibited',
      // A minute after the host was last heard, not after that was noticed.
      '65 down: everyone told',
      '141 a: everyone told',
    ]);
    expect(hub.wire[2]?.alert.notify).toEqual({ to: 'everyone', muted: 'inhibited', by: 'down' });
    expect(hub.rings()).toEqual(['0 a', '65 down']);
  });

  test('an acknowledgement, also of what no receiver has heard of yet, and taken back', () => {
    const hub = new VirtualHub({ route });
    hub.take(a);
    hub.run(5 * SECOND_MS);
    hub.write(hub.dispatcher.acknowledge('a', { author: 'kim', note: '', atMs: hub.nowMs }));
    hub.run(MINUTE_MS);
    expect(hub.brief()).toEqual([]);
    hub.write(hub.dispatcher.unacknowledge('a'));
    hub.run(MINUTE_MS);
    expect(hub.brief()).toEqual(['66 ops new firing: a+', '66 browsers new firing: a+']);
    expect(hub.decisions()).toEqual([
      '0 a: everyone told',
      '6 a: everyone acknowledged',
      '66 a: everyone told',
    ]);
    expect(hub.rings()).toEqual(['0 a']);
  });

  test('outside of the active times of all its routes; one that is open suffices', () => {
    const activeTimes = [{ zone: 'UTC', from: '09:00', to: '18:00' }];
    const closed = { ...route, activeTimes };
    const hub = new VirtualHub({ route: closed });
    hub.nowMs = 8 * HOUR_MS;
    hub.take({ ...a, activeAtMs: hub.nowMs, firedAtMs: hub.nowMs });
    hub.run(2 * HOUR_MS);
    expect(hub.decisions().map((line) => line.slice(line.indexOf(':') + 2))).toEqual([
      'everyone off-hours',
      'everyone told',
    ]);
    expect(Math.abs((hub.wire[1]?.atMs ?? 0) - 9 * HOUR_MS)).toBeLessThanOrEqual(5 * SECOND_MS);
    const open = new VirtualHub({
      route: { ...closed, routes: [{ receivers: ['ops'], continue: true }, { activeTimes: [] }] },
    });
    open.take(a);
    expect(open.rings()).toEqual(['0 a']);
  });

  test('a restart forgets no decision, and rings for nothing that is known', () => {
    const hub = new VirtualHub({ route });
    const nobodys = { ...cpuHigh, id: 'shown', ruleId: 'cpu-saturated' };
    hub.take(a, nobodys);
    hub.run(MINUTE_MS);
    hub.kill();
    expect([a, nobodys].map((one) => hub.dispatcher.decided(one).notify)).toEqual([
      { to: 'everyone' },
      { to: 'nobody' },
    ]);
    hub.configure({ silences: [silence] });
    hub.run(MINUTE_MS);
    expect(hub.dispatcher.decided(a).notify?.muted).toBe('silenced');
    expect(hub.rings()).toEqual(['0 a']);
  });
});

describe('flapping', () => {
  /** CPU that is over the threshold for 15 s in each 30 s, judged by the real engine, then quiet. */
  function flap(hub: VirtualHub, busyMs: number): Alert[] {
    const { observe, engine } = rig();
    const seen: Alert[] = [];
    let sampleMs = 0;
    hub.run(busyMs + 40 * MINUTE_MS, () => {
      if (hub.nowMs % (5 * SECOND_MS) !== 0) return;
      sampleMs = hub.nowMs;
      const busy = sampleMs < busyMs && sampleMs % (30 * SECOND_MS) < 15 * SECOND_MS;
      const changed = [
        ...observe(sampleMs, { [CPU]: busy ? 0.99 : 0.1 }),
        ...engine.tick(sampleMs),
      ];
      const own = changed.filter(({ ruleId }) => ruleId === 'cpu-high');
      seen.push(...own);
      hub.take(...own);
    });
    return seen;
  }

  test('a page rings for the first firing and once for the flapping, then not before it was quiet', () => {
    const hub = new VirtualHub({ route });
    const seen = flap(hub, 10 * MINUTE_MS);
    const fires = seen.filter(({ state }) => state === 'firing');
    // Four that resolve at once, and the one that the engine keeps.
    expect(fires).toHaveLength(5);
    expect(fires.at(-1)?.flapping).toBe(5);
    const [first, fifth] = [fires[0], fires[4]] as [Alert, Alert];
    expect(hub.rings()).toEqual([`5 ${first.id}`, `120 ${fifth.id}`]);
    expect(hub.decisions().map((line) => line.split(': ')[1])).toEqual([
      'browsers told',
      'browsers fired-again',
      'browsers fired-again',
      'browsers fired-again',
      'browsers told',
    ]);
    // Quiet for 15 min.
    expect(seen.at(-1)).toMatchObject({ state: 'resolved', id: fifth.id });
    expect((seen.at(-1)?.resolvedAtMs ?? 0) / MINUTE_MS).toBeCloseTo(9.75 + 15, 0);
  });

  test('a receiver hears of the first, once that it flaps, and that it resolved', () => {
    const hub = new VirtualHub({ route: { receivers: ['browsers'] } });
    flap(hub, 10 * MINUTE_MS);
    const told = hub.sent.map(({ message }) => [
      message.rings,
      message.status,
      message.alerts.some(({ alert: one }) => one.flapping !== undefined),
    ]);
    expect(told).toEqual([
      [true, 'firing', false],
      [true, 'firing', true],
      [false, 'resolved', true],
    ]);
  });

  test('what flaps is not repeated', () => {
    const hub = new VirtualHub({ route: { ...route, repeatIntervalMs: HOUR_MS } });
    hub.take({ ...a, flapping: 5 });
    hub.run(5 * HOUR_MS);
    expect(hub.brief()).toEqual(['10 ops new firing: a+', '10 browsers new firing: a+']);
  });

  test('what fires again soon rings when the interval has passed, if it still fires; a new trouble later at once', () => {
    const hub = new VirtualHub({ route });
    const fire = (id: string): Alert => ({ ...a, id, firedAtMs: hub.nowMs });
    hub.take(fire('a1'));
    hub.run(MINUTE_MS);
    hub.take(resolved(fire('a1'), hub.nowMs));
    hub.run(MINUTE_MS);
    hub.take(fire('a2'));
    expect(hub.wire.at(-1)?.alert.notify).toEqual({
      to: 'everyone',
      muted: 'fired-again',
      untilMs: 5 * MINUTE_MS,
    });
    hub.run(10 * MINUTE_MS);
    hub.take(resolved(fire('a2'), hub.nowMs));
    hub.run(10 * MINUTE_MS);
    hub.take(fire('a3'));
    expect(hub.rings()).toEqual(['0 a1', '300 a2', '1320 a3']);
  });
});

test('nothing is looked at while nothing can have changed', () => {
  let looks = 0;
  const hub = new VirtualHub({
    route: { receivers: [] },
    silences: [{ ...silence, startsAtMs: HOUR_MS, endsAtMs: 2 * HOUR_MS }],
    rule: (ruleId) => {
      looks++;
      return defaultRules.find((rule) => rule.ruleId === ruleId);
    },
  });
  hub.take(
    ...Array.from({ length: 100 }, (_, index) =>
      alert({ id: `x${index}`, attributes: { index: `${index}` } }),
    ),
  );
  hub.run(MINUTE_MS);
  const before = looks;
  hub.run(58 * MINUTE_MS);
  expect(looks - before).toBe(0);
  hub.run(2 * MINUTE_MS);
  expect(hub.dispatcher.decided(alert({ id: 'x1' })).notify?.muted).toBe('silenced');
});
