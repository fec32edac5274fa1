import { createElement } from 'react';
import type { Alert } from '@openmanager/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { mount, probe, type Mounted } from '../../test/mount.ts';
import { PageHub } from '../../test/page-hub.ts';
import { useNotifications, useWebSocket } from '../index.ts';

interface Shown {
  readonly title: string;
  readonly options: NotificationOptions;
}

let shown: Shown[] = [];
let asked = 0;
let permission: NotificationPermission = 'granted';
let hub: PageHub;
let url = '';
let urls = 0;
let page: Mounted | undefined;
const RealNotification = globalThis.Notification;

beforeEach(() => {
  shown = [];
  asked = 0;
  permission = 'granted';
  localStorage.clear();
  url = `http://notify-${urls++}.test`;
  hub = new PageHub(url);
  globalThis.Notification = class extends EventTarget {
    static get permission(): NotificationPermission {
      return permission;
    }
    static async requestPermission(): Promise<NotificationPermission> {
      asked++;
      return (permission = 'granted');
    }
    constructor(title: string, options: NotificationOptions) {
      super();
      shown.push({ title, options });
    }
  } as unknown as typeof Notification;
});

afterEach(() => {
  page?.unmount();
  page = undefined;
  globalThis.Notification = RealNotification;
});

function alertOf(id: string, fields: Partial<Alert> = {}): Alert {
  return {
    id,
    ruleId: 'cpu',
    target: { id: 'aaa', kind: 'host', name: '<b>web-1</b>' },
    severity: 'critical',
    state: 'firing',
    metric: 'system.cpu.utilization',
    attributes: {},
    value: 0.912,
    threshold: 0.85,
    activeAtMs: 1,
    firedAtMs: Date.now(),
    sampleTimeMs: 1,
    summary: 'CPU is high',
    ...fields,
  };
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 60));

/** One tab of the page, and whether it has become the one that notifies. */
async function open(): Promise<ReturnType<typeof useNotifications>[]> {
  const { component, seen } = probe(
    () => useNotifications({ url }),
    ({ permission: state, enabled }) => `${state} ${enabled}`,
  );
  const live = probe(
    () => useWebSocket({ url, topics: [] }),
    ({ isConnected }) => String(isConnected),
  );
  page = mount(createElement('div', null, createElement(component), createElement(live.component)));
  await vi.waitFor(() => expect(hub.topics).toEqual(['alerts']));
  await vi.waitFor(async () => {
    const { held } = await navigator.locks.query();
    expect(held?.some(({ name }) => name?.endsWith(url))).toBe(true);
  });
  await settle();
  return seen;
}

test('an alert that starts to fire is shown once, as text; what fired before is not', async () => {
  hub.alerts = [alertOf('old')];
  await open();
  const firing = alertOf('new');
  hub.alert(firing);
  hub.alert({ ...firing, value: 0.93 });
  hub.alert({ ...firing, state: 'resolved', resolvedAtMs: Date.now() });
  await settle();
  expect(shown).toHaveLength(1);
  expect(shown[0]).toMatchObject({
    title: 'Critical: <b>web-1</b>',
    options: { tag: 'new', requireInteraction: true },
  });
  expect(shown[0]?.options.body).toBe('CPU 91.2% (limit 85%)');
  hub.alert({ ...firing, firedAtMs: Date.now() + 5 });
  await vi.waitFor(() => expect(shown).toHaveLength(2));
});

test('what nobody is to be told of does not ring, and rings when that ends, once', async () => {
  await open();
  const muted = ['inhibited', 'acknowledged', 'too-early', 'off-hours'] as const;
  hub.alert(alertOf('shown', { notify: { to: 'nobody' } }));
  for (const why of muted) hub.alert(alertOf(why, { notify: { to: 'everyone', muted: why } }));
  const silenced = alertOf('silenced', { notify: { to: 'everyone', muted: 'silenced' } });
  hub.alert(silenced);
  await settle();
  expect(shown).toEqual([]);
  hub.alert({ ...silenced, notify: { to: 'everyone' } });
  hub.alert({ ...silenced, notify: { to: 'everyone', muted: 'acknowledged' } });
  hub.alert({ ...silenced, notify: { to: 'everyone' } });
  await settle();
  expect(shown.map(({ options }) => options.tag)).toEqual(['silenced']);
});

test('what flaps rings with its first firing and once more, which says so', async () => {
  await open();
  const held = { to: 'browsers', muted: 'fired-again', untilMs: Date.now() + 300_000 } as const;
  const told = { to: 'browsers' } as const;
  const fires = [told, held, held, held].map((notify, index) => alertOf(`f${index}`, { notify }));
  for (const firing of fires) {
    hub.alert(firing);
    const { notify: _, ...resolved } = firing;
    hub.alert({ ...resolved, state: 'resolved', resolvedAtMs: Date.now() });
  }
  const flapping = alertOf('f4', { notify: told, flapping: 5 });
  hub.alert(flapping);
  // The value goes up and down: the alert goes on firing until it has been quiet.
  hub.alert({ ...flapping, value: 0.2 });
  hub.alert({ ...flapping, value: 0.99 });
  await settle();
  expect(shown.map(({ options }) => options.tag)).toEqual(['f0', 'f4']);
  expect(shown[1]?.options.body).toContain('flapping, fired 5 times lately');
  expect(shown[0]?.options.body).not.toContain('flapping');
});

test('nothing is shown without permission or when switched off, and permission is never asked by itself', async () => {
  permission = 'default';
  const seen = await open();
  await vi.waitFor(() => expect(seen.at(-1)?.permission).toBe('default'));
  hub.alert(alertOf('one'));
  await settle();
  expect([shown.length, asked]).toEqual([0, 0]);
  expect(await seen.at(-1)?.request()).toBe('granted');
  expect(asked).toBe(1);
  await vi.waitFor(() => expect(seen.at(-1)?.permission).toBe('granted'));
  hub.alert(alertOf('two'));
  await vi.waitFor(() => expect(shown).toHaveLength(1));
  seen.at(-1)?.setEnabled(false);
  await vi.waitFor(() => expect(seen.at(-1)?.enabled).toBe(false));
  hub.alert(alertOf('three'));
  await settle();
  expect(shown).toHaveLength(1);
  seen.at(-1)?.setEnabled(true);
  hub.alert(alertOf('four'));
  await vi.waitFor(() => expect(shown).toHaveLength(2));
});

test('while another tab leads, this one is silent, and takes over when that one closes', async () => {
  let close: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => (close = resolve));
  const name = `openmanager.notifications ${url}`;
  const elsewhere = navigator.locks.request(name, () => closed);
  await open();
  hub.alert(alertOf('one'));
  await settle();
  expect(shown).toHaveLength(0);
  close();
  await elsewhere;
  await vi.waitFor(async () => {
    const { held, pending } = await navigator.locks.query();
    expect([
      held?.filter((lock) => lock.name === name).length,
      pending?.some((lock) => lock.name === name),
    ]).toEqual([1, false]);
  });
  await settle();
  hub.alert(alertOf('two'));
  await vi.waitFor(() => expect(shown.map(({ options }) => options.tag)).toEqual(['two']));
});
