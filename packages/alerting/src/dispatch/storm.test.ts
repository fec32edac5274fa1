import type { Alert } from '@openmanager/protocol';
import { expect, test } from 'vitest';
import {
  alert,
  host,
  HOUR_MS,
  MINUTE_MS,
  resolved,
  SECOND_MS,
  VirtualHub,
} from '../../test/dispatch-kit.ts';

const berlin = (at: number): Alert => alert({ id: `a${at}`, target: host(`h${at}`) });

/** A hub whose hosts are all at one site. */
function hubOf(): VirtualHub {
  return new VirtualHub({
    target: (id) => ({ id, kind: 'host', name: id, labels: { site: 'berlin', rack: id } }),
  });
}

test('1,000 hosts that are lost at once are one message with their count and what they share, and one when they are back', () => {
  const hub = hubOf();
  const all = Array.from({ length: 1_000 }, (_, at) => berlin(at));
  hub.take(...all);
  hub.run(10 * MINUTE_MS);
  expect(hub.sent).toHaveLength(1);
  expect(hub.sent[0]?.message).toMatchObject({
    isStorm: true,
    status: 'firing',
    reason: 'new',
    groupLabels: { site: 'berlin', rule: 'memory-exhausted' },
  });
  expect(hub.sent[0]?.message.groupLabels).not.toHaveProperty('rack');
  expect(hub.sent[0]?.message.alerts).toHaveLength(1_000);
  // Over a restart and an edit they stay together.
  hub.kill();
  hub.configure({});
  hub.run(HOUR_MS);
  expect(hub.sent).toHaveLength(1);
  hub.take(...all.map((one) => resolved(one, hub.nowMs)));
  hub.run(10 * MINUTE_MS);
  expect(hub.sent).toHaveLength(2);
  expect(hub.sent[1]?.message).toMatchObject({ status: 'resolved', isStorm: true });
  expect(hub.sent[1]?.message.groupId).toBe(hub.sent[0]?.message.groupId);
  hub.run(HOUR_MS);
  for (const records of ['notify-groups', 'notify-members'])
    expect(hub.records.get(records)?.size).toBe(0);
});

test('hosts that are lost one after the other: the first twenty of a minute alone, then all in one, at its interval', () => {
  const hub = hubOf();
  for (let at = 0; at < 200; at++) {
    hub.take(berlin(at));
    hub.run(SECOND_MS);
  }
  hub.run(10 * MINUTE_MS);
  const storms = hub.sent.filter(({ message }) => message.isStorm);
  expect(hub.sent.length - storms.length).toBe(20);
  expect(storms).toHaveLength(2);
  const told = hub.sent.flatMap(({ message }) => message.alerts.map((one) => one.alert.id));
  expect(new Set(told).size).toBe(200);
  // When it is over, a single host is alone again.
  hub.run(HOUR_MS);
  hub.take(berlin(999));
  hub.run(MINUTE_MS);
  expect(hub.sent.at(-1)?.message).not.toHaveProperty('isStorm');
});

test('a receiver that asks to be left alone is asked once, for all of its groups', () => {
  const hub = new VirtualHub();
  let asked = 0;
  const untilMs = 10 * MINUTE_MS;
  hub.answer = (_, nowMs) => {
    asked++;
    return nowMs < untilMs
      ? { kind: 'failed', answer: '429', retryAfterMs: untilMs - nowMs }
      : { kind: 'delivered', answer: 'ok' };
  };
  for (let at = 0; at < 15; at++) {
    hub.take(berlin(at));
    hub.run(20 * SECOND_MS);
  }
  expect(asked).toBe(1);
  hub.run(10 * MINUTE_MS);
  expect(
    new Set(hub.sent.flatMap(({ message }) => message.alerts.map((one) => one.alert.id))).size,
  ).toBe(15);
});

test('who has a message is left out when it is tried again for the others, until something is new', () => {
  const hub = new VirtualHub();
  const seen: (readonly string[] | undefined)[] = [];
  let attempts = 0;
  hub.answer = ({ reached }) => {
    seen.push(reached);
    attempts++;
    return attempts < 4
      ? { kind: 'failed', answer: '1 of 2', reached: attempts === 1 ? ['a@b.c'] : [] }
      : { kind: 'delivered', answer: 'ok' };
  };
  hub.take(berlin(1));
  hub.run(12 * SECOND_MS);
  hub.run(2 * SECOND_MS);
  // The message is another one now: everybody has to have it.
  hub.take(alert({ id: 'new', ruleId: 'disk-full', target: host('h1'), metric: 'm' }));
  hub.run(MINUTE_MS);
  expect(seen).toEqual([undefined, ['a@b.c'], undefined, undefined]);
});

test('other settings of a receiver are tried at once, and what became of messages is counted', () => {
  const hub = new VirtualHub({
    silences: [
      {
        silenceId: 's1',
        matchers: [{ name: 'host', op: '=', value: 'h2' }],
        author: 'admin',
        reason: '',
        createdAtMs: 0,
        startsAtMs: 0,
        endsAtMs: HOUR_MS,
      },
    ],
  });
  let works = false;
  hub.answer = () =>
    works
      ? { kind: 'delivered', answer: 'ok' }
      : { kind: 'failed', answer: '401', permanent: true };
  hub.take(berlin(1), berlin(2));
  hub.run(MINUTE_MS);
  expect(hub.sent).toEqual([]);
  works = true;
  hub.run(SECOND_MS);
  expect(hub.sent).toEqual([]);
  hub.dispatcher.retry('ops', hub.nowMs);
  hub.run(5 * SECOND_MS);
  expect(hub.sent).toHaveLength(1);
  expect([...hub.dispatcher.counts]).toEqual([
    ['ops', { sent: 1, failed: 1, retried: 1, givenUp: 0, muted: 1 }],
  ]);
});
