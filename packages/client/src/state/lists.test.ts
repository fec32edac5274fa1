import type { Alert, HubEvent } from '@openmanager/protocol';
import { expect, test } from 'vitest';
import { AlertList, ALERTS_KEPT, ANNOUNCED_KEPT } from './alert-list.ts';
import { EventList, EVENTS_KEPT } from './event-list.ts';

const now = 10_000_000;

function alertOf(id: string, fields: Partial<Alert> = {}): Alert {
  return {
    id,
    ruleId: 'cpu',
    target: { id: 'aaa', kind: 'host', name: 'a' },
    severity: 'warning',
    state: 'firing',
    metric: 'system.cpu.utilization',
    attributes: {},
    value: 1,
    threshold: 0.5,
    activeAtMs: now,
    firedAtMs: now,
    sampleTimeMs: now,
    summary: '',
    ...fields,
  };
}

function listOf(): { readonly list: AlertList; readonly announced: string[] } {
  const announced: string[] = [];
  return { list: new AlertList(({ id }) => announced.push(id)), announced };
}

test('a firing is announced once: not at first sight, not for each new value, again when it fires anew', () => {
  const { list, announced } = listOf();
  list.snapshot([alertOf('old')], now);
  list.change([alertOf('old', { value: 2 })], now);
  expect(announced).toEqual([]);
  list.change([alertOf('new', { state: 'pending' })], now);
  list.change([alertOf('new')], now);
  list.change([alertOf('new', { value: 3 })], now);
  expect(announced).toEqual(['new']);
  list.change([alertOf('new', { state: 'resolved', resolvedAtMs: now })], now);
  list.change([alertOf('new', { firedAtMs: now + 1 })], now);
  expect(announced).toEqual(['new', 'new']);
});

test('what began to fire while away is announced by the next snapshot, what went on firing is not', () => {
  const { list, announced } = listOf();
  list.snapshot([alertOf('on')], now);
  list.snapshot([alertOf('on'), alertOf('meanwhile')], now);
  expect(announced).toEqual(['meanwhile']);
  list.clear();
  list.snapshot([alertOf('on'), alertOf('meanwhile')], now);
  expect(announced).toEqual(['meanwhile']);
});

test('an alert of which nobody is to be told is announced when that ends, once', () => {
  const { list, announced } = listOf();
  const muted = { to: 'everyone', muted: 'silenced', untilMs: now + 1, by: 's' } as const;
  list.snapshot([alertOf('before', { notify: muted })], now);
  list.change([alertOf('shown', { notify: { to: 'nobody' } })], now);
  list.change([alertOf('silenced', { notify: muted })], now);
  list.change([alertOf('rang', { notify: { to: 'browsers' } })], now);
  expect(announced).toEqual(['rang']);
  // A silence is put, and taken back: what rang rings no more, what did not rings now.
  for (const notify of [muted, { to: 'everyone' } as const])
    for (const id of ['before', 'silenced', 'rang']) list.change([alertOf(id, { notify })], now);
  expect(announced).toEqual(['rang', 'before', 'silenced']);
});

test('what was resolved or acknowledged while nobody was told is never announced', () => {
  const { list, announced } = listOf();
  const notify = { to: 'everyone', muted: 'acknowledged' } as const;
  list.snapshot([alertOf('known', { notify })], now);
  list.change([alertOf('known', { notify: { to: 'everyone' } })], now);
  const early = { to: 'everyone', muted: 'too-early', untilMs: now + 1 } as const;
  list.change([alertOf('short', { notify: early })], now);
  list.change([alertOf('short', { state: 'resolved', resolvedAtMs: now })], now);
  expect(announced).toEqual([]);
});

test('unchanged alerts keep their object, and an unchanged list its array', () => {
  const { list } = listOf();
  list.snapshot([alertOf('a'), alertOf('b')], now);
  const before = list.list;
  list.snapshot([alertOf('a'), alertOf('b')], now);
  expect(list.list).toBe(before);
  list.change([alertOf('b', { value: 9 })], now);
  expect(list.list).not.toBe(before);
  expect(list.list[0]).toBe(before[0]);
});

test('resolved alerts leave after an hour, inactive ones at once', () => {
  const { list } = listOf();
  list.snapshot(
    [alertOf('a'), alertOf('b', { state: 'resolved', resolvedAtMs: now - 3_600_001 })],
    now,
  );
  expect(list.list.map(({ id }) => id)).toEqual(['a']);
  list.change([alertOf('a', { state: 'inactive' })], now);
  expect(list.list).toEqual([]);
});

test('the bound is kept: resolved alerts go first, then the oldest', () => {
  const { list } = listOf();
  const firing = Array.from({ length: ALERTS_KEPT }, (_, index) =>
    alertOf(`f${index}`, { activeAtMs: index }),
  );
  list.snapshot([alertOf('gone', { state: 'resolved', resolvedAtMs: now }), ...firing], now);
  expect(list.list).toHaveLength(ALERTS_KEPT);
  expect(list.list.some(({ id }) => id === 'gone')).toBe(false);
  list.change([alertOf('newest', { activeAtMs: now })], now);
  expect(list.list).toHaveLength(ALERTS_KEPT);
  expect(list.list.at(0)?.id).toBe('newest');
  expect(list.list.at(-1)?.id).toBe('f1');
});

test('of the firings announced, those longest unheard of are forgotten beyond the bound', () => {
  const { list, announced } = listOf();
  list.snapshot([], now);
  list.change([alertOf('on'), alertOf('silent')], now);
  for (let index = 0; index < ANNOUNCED_KEPT - 1; index++) {
    list.change([alertOf(`f${index}`, { state: 'firing' }), alertOf('on')], now);
    list.change([alertOf(`f${index}`, { state: 'inactive' })], now);
  }
  list.change([alertOf('on')], now);
  expect(announced.filter((id) => id === 'on')).toHaveLength(1);
  list.change([alertOf('silent')], now);
  expect(announced.filter((id) => id === 'silent')).toHaveLength(2);
});

test('events are kept newest first, once each, up to the bound', () => {
  const events = new EventList();
  const eventOf = (id: number): HubEvent => ({ id, timeMs: id, kind: 'hub-started', detail: {} });
  events.snapshot([eventOf(2), eventOf(1)]);
  const before = events.list;
  events.snapshot([eventOf(2), eventOf(1)]);
  expect(events.list).toBe(before);
  events.change([eventOf(3), eventOf(2)]);
  expect(events.list.map(({ id }) => id)).toEqual([3, 2, 1]);
  for (let id = 4; id < 400; id++) events.change([eventOf(id)]);
  expect(events.list).toHaveLength(EVENTS_KEPT);
  expect(events.list.at(0)?.id).toBe(399);
});
