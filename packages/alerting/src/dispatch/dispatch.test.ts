import { describe, expect, test } from 'vitest';
import type { DispatchPolicy, Silence } from '../index.ts';
import {
  alert,
  host,
  HOUR_MS,
  MINUTE_MS,
  resolved,
  SECOND_MS,
  VirtualHub,
} from '../../test/dispatch-kit.ts';

const a = alert({ id: 'a' });
const b = alert({
  id: 'b',
  ruleId: 'disk-full',
  severity: 'warning',
  metric: 'system.filesystem.utilization',
});
const other = alert({ id: 'other', target: { ...host('db1000000000'), name: 'db-1' } });

function silence(change: Partial<Silence> = {}): Silence {
  return {
    silenceId: 's1',
    matchers: [{ name: 'host', op: '=', value: 'web-1' }],
    author: 'admin',
    reason: 'maintenance',
    createdAtMs: 0,
    startsAtMs: 0,
    endsAtMs: HOUR_MS,
    ...change,
  };
}

describe('grouping', () => {
  test('alerts of one host within the wait share a message; each host has its own', () => {
    const hub = new VirtualHub();
    hub.take(a, other);
    hub.run(5 * SECOND_MS);
    hub.take(b);
    hub.run(MINUTE_MS);
    expect(hub.brief()).toEqual(['10 ops new firing: a+ b+', '10 ops new firing: other+']);
    expect(hub.sent[0]?.message).toMatchObject({
      groupLabels: { hostId: 'web100000000' },
      severity: 'critical',
      status: 'firing',
    });
  });

  test('what is new in a group waits for the interval; what resolved is told with it, once', () => {
    const hub = new VirtualHub();
    hub.take(a);
    hub.run(MINUTE_MS);
    hub.take(b);
    hub.run(MINUTE_MS);
    hub.take(resolved(a, hub.nowMs));
    hub.run(HOUR_MS);
    expect(hub.brief()).toEqual(['10 ops new firing: a+', '311 ops new firing: b+ a-']);
  });

  test('repeats what nobody acknowledged, and only that', () => {
    const hub = new VirtualHub({
      route: { receivers: ['ops'], repeatIntervalMs: HOUR_MS },
    });
    hub.take(a);
    hub.run(2.5 * HOUR_MS);
    hub.write(hub.dispatcher.acknowledge('a', { author: 'kim', note: 'on it', atMs: hub.nowMs }));
    hub.run(5 * HOUR_MS);
    hub.take(resolved(a, hub.nowMs));
    hub.run(MINUTE_MS);
    expect(hub.brief().map((line) => line.slice(line.indexOf(' ') + 1))).toEqual([
      'ops new firing: a+',
      'ops repeat firing: a+',
      'ops repeat firing: a+',
      'ops new resolved: a-',
    ]);
    expect(hub.sent.at(-1)?.message.alerts[0]?.acknowledged).toMatchObject({ note: 'on it' });
    expect(hub.records.get('notify-acknowledgements')?.size).toBe(0);
  });

  test('10,000 rules that flip at once: one message per group and interval', () => {
    const hub = new VirtualHub();
    const storm = Array.from({ length: 10_000 }, (_, index) => alert({ id: `r${index}` }));
    let firing = false;
    let cycle = 0;
    hub.run(20 * MINUTE_MS, () => {
      if (hub.nowMs % (20 * SECOND_MS) !== 0) return;
      firing = !firing;
      if (firing) cycle++;
      // A new alert each time it fires, as the engine has it.
      const ids = storm.map((one) => ({ ...one, id: `${one.id}-${cycle}` }));
      hub.take(...(firing ? ids : ids.map((one) => resolved(one, hub.nowMs))));
    });
    expect(hub.sent.length).toBeLessThanOrEqual(1 + 20 / 5);
    expect(hub.sent.length).toBeGreaterThan(2);
    const messages = hub.sent.map(({ atMs }) => atMs);
    for (const [index, atMs] of messages.slice(1).entries())
      expect(atMs - (messages[index] ?? 0)).toBeGreaterThanOrEqual(5 * MINUTE_MS);
    // Nothing of the storm stays behind once it is told.
    hub.take(...[...hub.current.values()].map((one) => resolved(one, hub.nowMs)));
    hub.run(HOUR_MS);
    expect(hub.records.get('notify-members')?.size).toBe(0);
    expect(hub.records.get('notify-groups')?.size).toBe(0);
  }, 120_000);

  test('a rule that only shows tells nobody', () => {
    const hub = new VirtualHub();
    hub.take(alert({ id: 'a', ruleId: 'cpu-high' }));
    hub.run(HOUR_MS);
    expect(hub.sent).toEqual([]);
    expect(hub.records.get('notify-members')).toBeUndefined();
  });
});

describe('routes', () => {
  test('the deepest branch that matches, those after it only on demand, options from the parents', () => {
    const hub = new VirtualHub({
      route: {
        receivers: ['mail'],
        groupWaitMs: 0,
        routes: [
          {
            match: [{ name: 'severity', op: '=', value: 'critical' }],
            receivers: ['pager'],
            continue: true,
            routes: [
              { match: [{ name: 'host', op: '~', value: 'db-*|cache-*' }], receivers: ['dba'] },
            ],
          },
          { match: [{ name: 'host', op: '!=', value: 'web-1' }], receivers: ['chat'] },
        ],
      },
    });
    hub.take(a, b, other);
    hub.run(SECOND_MS);
    expect(hub.brief().toSorted()).toEqual([
      '1 chat new firing: other+',
      '1 dba new firing: other+',
      '1 mail new firing: b+',
      '1 pager new firing: a+',
    ]);
  });

  test('escalates what still fires and nobody acknowledged', () => {
    const hub = new VirtualHub({
      route: {
        receivers: ['ops'],
        escalations: [
          { afterMs: 15 * MINUTE_MS, receivers: ['boss'] },
          { afterMs: 60 * MINUTE_MS, receivers: ['ceo'] },
        ],
      },
    });
    hub.take(a, other);
    hub.run(10 * MINUTE_MS);
    hub.take(resolved(other, hub.nowMs));
    hub.run(20 * MINUTE_MS);
    hub.write(hub.dispatcher.acknowledge('a', { author: 'kim', note: '', atMs: hub.nowMs }));
    hub.run(HOUR_MS);
    hub.take(resolved(a, hub.nowMs));
    hub.run(MINUTE_MS);
    expect(hub.brief()).toEqual([
      '10 ops new firing: a+',
      '10 ops new firing: other+',
      '601 ops new resolved: other-',
      '900 boss escalation firing: a+',
      '5401 ops new resolved: a-',
      '5401 boss escalation resolved: a-',
    ]);
  });

  test('a tree that is edited tells nothing anew to who knows it', () => {
    const hub = new VirtualHub();
    hub.take(a);
    hub.run(MINUTE_MS);
    hub.configure({
      route: { receivers: ['mail'], routes: [{ receivers: ['ops', 'chat'], groupWaitMs: 0 }] },
    });
    hub.run(MINUTE_MS);
    expect(hub.brief()).toEqual(['10 ops new firing: a+', '61 chat new firing: a+']);
  });

  test('outside of its active times a branch is quiet, and tells what still fires when one begins', () => {
    const hub = new VirtualHub({
      route: {
        receivers: ['ops'],
        activeTimes: [{ zone: 'Asia/Seoul', from: '09:00', to: '18:00', weekdays: ['fri'] }],
      },
    });
    // 1970-01-02 was a Friday; 09:00 in Seoul is midnight in UTC.
    hub.nowMs = 23 * HOUR_MS;
    hub.take(a, alert({ id: 'short', target: host('x') }));
    hub.run(MINUTE_MS);
    hub.take(resolved(alert({ id: 'short', target: host('x') }), hub.nowMs));
    hub.run(HOUR_MS);
    expect(hub.sent.map(({ message }) => message.alerts.map((one) => one.alert.id))).toEqual([
      ['a'],
    ]);
    expect(hub.sent[0]?.atMs).toBeGreaterThanOrEqual(24 * HOUR_MS);
    expect(hub.sent[0]?.atMs).toBeLessThanOrEqual(24 * HOUR_MS + 10 * SECOND_MS);
  });
});

describe('who is not told', () => {
  test('a silence mutes; when it ends, what still fires is told; a resolution always is', () => {
    const hub = new VirtualHub();
    hub.take(b);
    hub.run(MINUTE_MS);
    hub.configure({ silences: [silence({ endsAtMs: 30 * MINUTE_MS })] });
    hub.take(a, other);
    hub.run(9 * MINUTE_MS);
    hub.take(resolved(b, hub.nowMs));
    hub.run(HOUR_MS);
    expect(hub.brief()).toEqual([
      '10 ops new firing: b+',
      '70 ops new firing: other+',
      '601 ops new resolved: b-',
      expect.stringMatching(/^180\d ops new firing: a\+$/),
    ]);
    expect(hub.dispatcher.facts(a, 10 * MINUTE_MS)).toEqual({
      silencedBy: ['s1'],
      inhibitedBy: [],
    });
    expect(hub.dispatcher.facts(other, 10 * MINUTE_MS).silencedBy).toEqual([]);
    expect(hub.dispatcher.facts(a, 30 * MINUTE_MS).silencedBy).toEqual([]);
  });

  test('a host that is down inhibits its own alerts and no others', () => {
    const down = alert({
      id: 'down',
      ruleId: 'host-silent',
      metric: 'host.silence',
      threshold: 15_000,
      activeAtMs: 0,
    });
    const hub = new VirtualHub();
    hub.take(down, a, other);
    hub.run(2 * MINUTE_MS);
    expect(hub.brief()).toEqual(['10 ops new firing: other+', '45 ops new firing: down+']);
    expect(hub.dispatcher.facts(a, 0).inhibitedBy).toEqual(['down']);
    hub.take(resolved(down, hub.nowMs));
    hub.run(10 * MINUTE_MS);
    expect(hub.brief().slice(2)).toEqual(['346 ops new firing: a+ down-']);
  });

  test('a silence of a host shorter than a minute tells nobody', () => {
    const down = alert({
      id: 'down',
      ruleId: 'host-silent',
      metric: 'host.silence',
      threshold: 15_000,
      activeAtMs: 0,
    });
    const hub = new VirtualHub();
    hub.take(down);
    hub.run(44 * SECOND_MS);
    hub.take(resolved(down, hub.nowMs));
    hub.run(HOUR_MS);
    expect(hub.sent).toEqual([]);
  });

  test('who wants to hear of what fires only hears of that', () => {
    const hub = new VirtualHub({ route: { receivers: ['ops'], sendResolved: false } });
    hub.take(a);
    hub.run(MINUTE_MS);
    hub.take(resolved(a, hub.nowMs));
    hub.run(HOUR_MS);
    expect(hub.brief()).toEqual(['10 ops new firing: a+']);
  });
});

describe('alerts that change while they fire', () => {
  const route = {
    receivers: ['chat'],
    routes: [
      { match: [{ name: 'severity', op: '=', value: 'critical' }] as const, receivers: ['pager'] },
    ],
  };
  const warning = { ...a, severity: 'warning' } as const;

  test('a severity that rises reaches whom it now concerns; who keeps an incident has it closed', () => {
    const hub = new VirtualHub({ route, opensIncidents: () => true });
    hub.take(warning);
    hub.run(MINUTE_MS);
    hub.take({ ...warning, severity: 'critical' });
    hub.run(10 * MINUTE_MS);
    expect(hub.brief()).toEqual([
      '10 chat new firing: a+',
      '70 pager new firing: a+',
      '311 chat new resolved: a-',
    ]);
    hub.take(resolved({ ...warning, severity: 'critical' }, hub.nowMs));
    hub.run(10 * MINUTE_MS);
    expect(hub.brief().slice(3)).toEqual(['661 pager new resolved: a-']);
  });

  test('a chat is not told that it ended, since it did not', () => {
    const hub = new VirtualHub({ route });
    hub.take(warning);
    hub.run(MINUTE_MS);
    hub.take({ ...warning, severity: 'critical' });
    hub.run(10 * MINUTE_MS);
    expect(hub.brief()).toEqual(['10 chat new firing: a+', '70 pager new firing: a+']);
  });

  test('one that moves away and back before that was told stays where it was', () => {
    const hub = new VirtualHub({ route, opensIncidents: () => true });
    hub.take(warning);
    hub.run(MINUTE_MS);
    hub.take({ ...warning, severity: 'critical' });
    hub.run(5 * SECOND_MS);
    hub.take(warning);
    hub.run(10 * MINUTE_MS);
    expect(hub.brief()).toEqual(['10 chat new firing: a+']);
    hub.take(resolved(warning, hub.nowMs));
    hub.run(10 * MINUTE_MS);
    expect(hub.brief().slice(1)).toEqual([expect.stringContaining('chat new resolved: a-')]);
  });

  test('an incident whose route is edited is closed where it was opened', () => {
    const hub = new VirtualHub({ route: { receivers: ['pager'] }, opensIncidents: () => true });
    hub.take(a);
    hub.run(MINUTE_MS);
    hub.configure({ route: { receivers: ['duty'] } });
    hub.kill();
    hub.run(10 * MINUTE_MS);
    expect(hub.brief().toSorted()).toEqual([
      '10 pager new firing: a+',
      '311 pager new resolved: a-',
      '70 duty new firing: a+',
    ]);
  });

  test('another group at the same chat is no news', () => {
    const hub = new VirtualHub({ route: { receivers: ['chat'], groupBy: ['host'] } });
    hub.take(a);
    hub.run(MINUTE_MS);
    hub.take({ ...a, target: { ...a.target, name: 'renamed' } });
    hub.run(10 * MINUTE_MS);
    expect(hub.brief()).toEqual(['10 chat new firing: a+']);
    hub.take(resolved({ ...a, target: { ...a.target, name: 'renamed' } }, hub.nowMs));
    hub.run(10 * MINUTE_MS);
    expect(hub.brief()).toHaveLength(2);
    expect(hub.sent[1]?.message.alerts[0]?.alert.target.name).toBe('renamed');
  });
});

describe('nothing but what the receiver does not know', () => {
  test('what fired and ended inside the wait is told to nobody, neither its begin nor its end', () => {
    const hub = new VirtualHub();
    hub.take(a);
    hub.run(5 * SECOND_MS);
    hub.take(resolved(a, hub.nowMs));
    hub.run(HOUR_MS);
    expect(hub.sent).toEqual([]);
  });

  test('nor what did so while the receiver was away, and the log says so', () => {
    const hub = new VirtualHub();
    hub.answer = () => ({ kind: 'failed', answer: '503' });
    hub.take(a);
    hub.run(MINUTE_MS);
    hub.take(resolved(a, hub.nowMs));
    hub.run(MINUTE_MS);
    hub.answer = () => ({ kind: 'delivered', answer: 'ok' });
    hub.run(HOUR_MS);
    expect(hub.sent).toEqual([]);
    expect(hub.log()).toMatchObject([
      { outcome: 'given-up', answer: 'ended before it could be told: 503' },
    ]);
  });

  test('nor what did so while a silence held it', () => {
    const hub = new VirtualHub({ silences: [silence({ endsAtMs: 5 * MINUTE_MS })] });
    hub.take(a);
    hub.run(MINUTE_MS);
    hub.take(resolved(a, hub.nowMs));
    hub.run(HOUR_MS);
    expect(hub.sent).toEqual([]);
  });

  test('an end that comes while the message is on its way is told', () => {
    const hub = new VirtualHub();
    hub.latencyMs = 5 * SECOND_MS;
    hub.take(a);
    hub.run(11 * SECOND_MS);
    hub.take(resolved(a, hub.nowMs));
    hub.run(HOUR_MS);
    expect(hub.brief().map((text) => text.slice(text.indexOf(' ')))).toEqual([
      ' ops new firing: a+',
      ' ops new resolved: a-',
    ]);
  });

  test('what ended and fires again before its end was told fires on: no message, and none that has it twice', () => {
    const hub = new VirtualHub();
    hub.take(a);
    hub.run(MINUTE_MS);
    hub.take(resolved(a, hub.nowMs));
    hub.run(SECOND_MS);
    const again = alert({ id: 'a2', activeAtMs: hub.nowMs, firedAtMs: hub.nowMs });
    hub.take(again);
    hub.run(HOUR_MS);
    expect(hub.brief()).toEqual(['10 ops new firing: a+']);
    hub.take(resolved(again, hub.nowMs));
    hub.run(MINUTE_MS);
    expect(hub.brief().slice(1)).toEqual(['3662 ops new resolved: a2-']);
  });

  test.for(['before the first message', 'between two'])(
    'ten edits %s send nothing sooner, nor more',
    (when) => {
      const play = (edits: number): string[] => {
        const hub = new VirtualHub();
        hub.take(a);
        if (when === 'between two') hub.run(MINUTE_MS);
        hub.take(b);
        for (let edit = 0; edit < edits; edit++) {
          hub.configure({
            silences: [silence({ matchers: [{ name: 'host', op: '=', value: `x${edit}` }] })],
          });
          hub.run(SECOND_MS);
        }
        hub.run(HOUR_MS);
        return hub.brief();
      };
      expect(play(10)).toEqual(play(0));
    },
  );
});

describe('several recipients', () => {
  /** One of two browsers is away. */
  const half = (): VirtualHub => {
    const hub = new VirtualHub();
    hub.answer = ({ reached = [] }) => ({
      kind: 'failed',
      answer: '1 of 2',
      reached: reached.includes('here') ? [] : ['here'],
    });
    return hub;
  };

  test('who has heard of an alert hears of its end, although others were never reached', () => {
    const hub = half();
    hub.take(a);
    hub.run(MINUTE_MS);
    const ends: string[] = [];
    hub.answer = (message) => {
      ends.push(message.status);
      return { kind: 'delivered', answer: 'ok' };
    };
    hub.take(resolved(a, hub.nowMs));
    hub.run(10 * MINUTE_MS);
    expect(ends).toEqual(['resolved']);
    expect(hub.records.get('notify-members')?.size).toBe(0);
  });

  test('what comes and goes beside it does not make it ring again', () => {
    const hub = half();
    const rang: string[][] = [];
    const answer = hub.answer;
    hub.answer = (message, nowMs) => {
      const isForAll = !message.reached?.includes('here');
      if (isForAll && message.rings)
        rang.push(message.alerts.flatMap(({ alert: { id }, isNew }) => (isNew ? [id] : [])));
      return answer(message, nowMs);
    };
    hub.take(a);
    hub.run(10 * MINUTE_MS);
    for (let turn = 0; turn < 5; turn++) {
      const brief = alert({ id: `b${turn}`, attributes: { turn: String(turn) } });
      hub.take(brief);
      hub.run(10 * MINUTE_MS);
      hub.take(resolved(brief, hub.nowMs));
      hub.run(10 * MINUTE_MS);
    }
    expect(rang).toEqual([['a'], ['b0'], ['b1'], ['b2'], ['b3'], ['b4']]);
  });
});

describe('bounds', () => {
  test('resolved alerts for a receiver that cannot be reached are counted when they must be forgotten', () => {
    const hub = new VirtualHub({}, { resolvedLimit: 10 });
    const all = Array.from({ length: 25 }, (_, index) =>
      alert({ id: `x${index}`, attributes: { n: String(index) } }),
    );
    hub.take(...all);
    hub.run(20 * SECOND_MS);
    hub.sent.length = 0;
    hub.answer = () => ({ kind: 'failed', answer: 'refused' });
    for (const one of all) hub.take(resolved(one, hub.nowMs));
    hub.run(10 * MINUTE_MS);
    expect(hub.records.get('notify-members')?.size).toBe(10);
    expect([...hub.dispatcher.failing()]).toEqual([['ops', 'refused']]);
    hub.answer = () => ({ kind: 'delivered', answer: 'ok' });
    hub.run(HOUR_MS);
    expect(hub.sent).toHaveLength(1);
    expect(hub.sent[0]?.message).toMatchObject({ dropped: 15, status: 'resolved' });
    expect(hub.sent[0]?.message.alerts).toHaveLength(10);
  });
});

describe('incidents that move', () => {
  const tree = {
    receivers: ['pager'],
    groupBy: ['host', 'team'],
    routes: [{ match: [{ name: 'team', op: '=', value: 'db' }], receivers: ['other-pager'] }],
  } as const;
  const of = (team: string) => (id: string) => ({
    id,
    kind: 'host' as const,
    name: 'web-1',
    labels: { team },
  });
  const open = (change: Partial<DispatchPolicy> = {}): VirtualHub => {
    const hub = new VirtualHub({
      route: tree,
      target: of('web'),
      opensIncidents: (receiver) => receiver.endsWith('pager'),
      ...change,
    });
    hub.take(a);
    hub.run(MINUTE_MS);
    expect(hub.brief()).toEqual(['10 pager new firing: a+']);
    return hub;
  };

  test('one whose label moved is resolved under the name it was opened with', () => {
    const hub = open();
    hub.configure({ target: of('mail') });
    hub.run(HOUR_MS);
    const [opened, anew, closed] = hub.sent.map(({ message }) => message);
    expect(hub.brief().slice(1)).toEqual(['70 pager new firing: a+', '311 pager new resolved: a-']);
    expect(closed?.groupId).toBe(opened?.groupId);
    expect(anew?.groupId).not.toBe(opened?.groupId);
    expect(closed?.alerts[0]?.labels).toMatchObject({ team: 'web' });
  });

  test('one that came back while its end was on its way is opened again', () => {
    const hub = open();
    hub.latencyMs = 5 * SECOND_MS;
    hub.configure({ route: { receivers: ['other-pager'] } });
    hub.run(251 * SECOND_MS);
    expect(hub.brief().at(-1)).toContain('pager new resolved');
    hub.configure({ route: tree });
    hub.run(HOUR_MS);
    const atPager = hub.brief().filter((text) => text.includes(' pager '));
    expect(atPager.map((text) => text.split(' ').slice(3).join(' '))).toEqual([
      'firing: a+',
      'resolved: a-',
      'firing: a+',
    ]);
  });
});
