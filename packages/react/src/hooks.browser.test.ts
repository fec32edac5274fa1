import { Activity, createElement, Fragment, type FunctionComponent, type ReactNode } from 'react';
import type { Anomaly } from '@openmanager/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { mount, probe, type Mounted } from '../test/mount.ts';
import { PageHub } from '../test/page-hub.ts';
import {
  useAlerts,
  useAnomalies,
  useConnection,
  useFleet,
  useForecast,
  useHost,
  useSeries,
  useWebSocket,
  type UseWebSocketOptions,
  type UseWebSocketResult,
} from './index.ts';

const cpu = 'system.cpu.utilization';
let hub: PageHub;
let mounted: Mounted[] = [];
let urls = 0;
/** A client of its own per test: they are shared by URL. */
let url = '';

beforeEach(() => {
  url = `http://hub-${urls++}.test`;
  hub = new PageHub(url);
});

afterEach(() => {
  for (const one of mounted.splice(0)) one.unmount();
  hub.dropAll();
  vi.restoreAllMocks();
});

function show(...args: Parameters<typeof mount>): Mounted {
  const one = mount(...args);
  mounted.push(one);
  return one;
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 60));

test('in StrictMode, two components with all kinds of hooks share one connection and show live data', async () => {
  hub.sample('aaa', { [cpu]: 0.25 });
  const all = probe(
    () => useWebSocket({ url }),
    ({ isConnected, serverMetrics }) => `${isConnected} ${serverMetrics[0]?.metrics[cpu]}`,
  );
  const fleet = probe(() => useFleet((hosts) => hosts.length, { url }), String);
  const page = show(
    createElement(Fragment, null, createElement(all.component), createElement(fleet.component)),
  );
  await vi.waitFor(() => expect(page.element.textContent).toBe('true 0.251'));
  hub.sample('aaa', { [cpu]: 0.5 });
  await vi.waitFor(() => expect(page.element.textContent).toBe('true 0.51'));
  expect(hub.opened).toBe(1);
  expect(hub.requests.toSorted()).toEqual([
    'subscribe alerts',
    'subscribe events',
    'subscribe fleet',
    'subscribe system',
  ]);
});

test('a component renders only when what it selects changes', async () => {
  hub.sample('aaa', { [cpu]: 0.25 });
  hub.sample('bbb', { [cpu]: 0.25 });
  const names = probe(
    () => useFleet((hosts) => hosts.map(({ hostname }) => hostname), { url }),
    (list) => list.join(),
  );
  const first = probe(() => useFleet((hosts) => hosts[0]?.metrics[cpu], { url }), String);
  const connected = probe(
    () => useConnection((state) => state.status === 'connected', { url }),
    String,
  );
  show(
    createElement(
      Fragment,
      null,
      ...[names, first, connected].map(({ component }, key) => createElement(component, { key })),
    ),
    false,
  );
  await vi.waitFor(() => expect(names.seen.at(-1)).toHaveLength(2));
  await vi.waitFor(() => expect(connected.seen.at(-1)).toBe(true));
  const before = [names, first, connected].map(({ seen }) => seen.length);
  hub.sample('bbb', { [cpu]: 0.5 });
  await settle();
  hub.sample('bbb', { [cpu]: 0.75 });
  await settle();
  expect([names, first, connected].map(({ seen }) => seen.length)).toEqual(before);
  hub.sample('aaa', { [cpu]: 0.5 });
  await vi.waitFor(() => expect(first.seen.at(-1)).toBe(0.5));
  expect(first.seen.length).toBe((before.at(1) ?? 0) + 1);
  expect(names.seen.length).toBe(before[0]);
});

test('useWebSocket renders for the fields that are read, and for no others', async () => {
  hub.sample('aaa', { [cpu]: 0.25 });
  const quiet = probe(
    () => {
      const { isConnected, alerts } = useWebSocket({ url });
      return { isConnected, alerts };
    },
    ({ isConnected }) => String(isConnected),
  );
  const page = show(createElement(quiet.component), false);
  await vi.waitFor(() => expect(page.element.textContent).toBe('true'));
  await vi.waitFor(() => expect(hub.topics).toHaveLength(4));
  await settle();
  const before = quiet.seen.length;
  for (const value of [0.3, 0.4, 0.5]) {
    hub.sample('aaa', { [cpu]: value });
    await settle();
  }
  expect(quiet.seen.length).toBe(before);
});

test('subscriptions made before the connection stands are sent, and unsubscribing and unmounting let go', async () => {
  let result: UseWebSocketResult | undefined;
  const late = probe(
    () => (result = useWebSocket({ url, autoConnect: false, topics: [] })),
    ({ connectionState }) => connectionState.status,
  );
  const page = show(createElement(late.component));
  expect(page.element.textContent).toBe('idle');
  result?.subscribe('fleet');
  result?.subscribe('host:aaa');
  expect(hub.opened).toBe(0);
  result?.connect();
  await vi.waitFor(() => expect(hub.topics).toEqual(['fleet', 'target:aaa']));
  result?.unsubscribe('host:aaa');
  await vi.waitFor(() => expect(hub.topics).toEqual(['fleet']), 5000);
  page.unmount();
  mounted = [];
  await vi.waitFor(() => expect(hub.topics).toEqual([]), 5000);
  await vi.waitFor(() => expect(hub.connected).toBe(0), 10_000);
});

test('a page that remounts at once keeps its connection and asks nothing anew', async () => {
  const alerts = probe(() => useAlerts((list) => list.length, { url }), String);
  const page = show(createElement(alerts.component));
  await vi.waitFor(() => expect(hub.topics).toEqual(['alerts']));
  page.render(null);
  await settle();
  page.render(createElement(alerts.component));
  await settle();
  expect(hub.opened).toBe(1);
  expect(hub.requests).toEqual(['subscribe alerts']);
});

test('a lost connection comes back by itself with its topics', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  hub.sample('aaa', { [cpu]: 0.25 });
  const statuses: string[] = [];
  const all = probe(
    () => {
      const live = useWebSocket({ url, topics: ['fleet'] });
      statuses.push(live.connectionState.status);
      return live;
    },
    ({ connectionState, isConnecting, serverMetrics }) =>
      `${connectionState.status} ${isConnecting} ${serverMetrics.length}`,
  );
  const page = show(createElement(all.component));
  await vi.waitFor(() => expect(page.element.textContent).toBe('connected false 1'));
  hub.dropAll();
  await vi.waitFor(() => expect(hub.topics).toEqual(['fleet']), 5000);
  await vi.waitFor(() => expect(page.element.textContent).toBe('connected false 1'));
  expect(statuses).toContain('reconnecting');
  expect(hub.opened).toBe(2);
});

test('a host and its series are live while mounted; another host id follows', async () => {
  hub.sample('aaa', { [cpu]: 0.25, 'system.uptime': 5 });
  hub.sample('bbb', { [cpu]: 0.75, 'system.uptime': 6 });
  function Host({ id }: { readonly id: string }): ReturnType<typeof createElement> {
    const host = useHost(id, (state) => state?.hostname, { url });
    const points = useSeries(id, 'system.uptime', { url, from: 'host' });
    return createElement('output', null, `${host} ${[...points.values].join()}`);
  }
  const page = show(createElement(Host, { id: 'aaa' }));
  await vi.waitFor(() => expect(page.element.textContent).toBe('name-aaa 5'));
  hub.sample('aaa', { [cpu]: 0.25, 'system.uptime': 7 }, Date.now() + 1000);
  await vi.waitFor(() => expect(page.element.textContent).toBe('name-aaa 5,7'));
  page.render(createElement(Host, { id: 'bbb' }));
  await vi.waitFor(() => expect(page.element.textContent).toBe('name-bbb 6'));
  await vi.waitFor(() => expect(hub.topics).toEqual(['target:bbb']), 5000);
});

test('disconnect ends it for all hooks until connect', async () => {
  const options: UseWebSocketOptions = { url, topics: ['fleet'] };
  const first = probe(
    () => useWebSocket(options),
    ({ connectionState }) => connectionState.status,
  );
  const second = probe(() => useConnection(({ status }) => status, { url }), String);
  show(
    createElement(Fragment, null, createElement(first.component), createElement(second.component)),
  );
  await vi.waitFor(() => expect(second.seen.at(-1)).toBe('connected'));
  first.seen.at(-1)?.disconnect();
  await vi.waitFor(() => expect(second.seen.at(-1)).toBe('closed'));
  first.seen.at(-1)?.connect();
  await vi.waitFor(() => expect(second.seen.at(-1)).toBe('connected'));
});

test('what was hidden until its connection was let go is live again when shown', async () => {
  hub.sample('aaa', { [cpu]: 0.25 });
  const fleet = probe(() => useFleet((hosts) => hosts.length, { url }), String);
  // The same element each time, so that showing it again renders nothing: only its effects come back.
  const child = createElement(fleet.component);
  const Hideable = Activity as unknown as FunctionComponent<{ mode: 'visible' | 'hidden' }>;
  const within = (mode: 'visible' | 'hidden'): ReactNode =>
    createElement(Hideable, { mode }, child);
  const page = show(within('visible'), false);
  await vi.waitFor(() => expect(hub.topics).toEqual(['fleet']));
  page.render(within('hidden'));
  await vi.waitFor(() => expect(hub.connected).toBe(0), 10_000);
  page.render(within('visible'));
  await vi.waitFor(() => expect(hub.topics).toEqual(['fleet']), 5000);
});

const anomaly = (id: string, hostId: string): Anomaly => ({
  id,
  target: { id: hostId, kind: 'host', name: hostId },
  key: cpu,
  timeMs: 5,
  value: 0.9,
  lower: 0.1,
  upper: null,
  score: 0.7,
  reason: { code: 'range-record', direction: 'high', spanMs: 1000 },
});

test('anomalies come with the events of all hosts, and with one host', async () => {
  hub.sample('aaa', { [cpu]: 0.25 });
  hub.outlook = { anomalies: [anomaly('own', 'aaa')], forecasts: [] };
  const ids = (list: readonly Anomaly[]): string => list.map(({ id }) => id).join();
  const all = probe(() => useAnomalies(undefined, { url }), ids);
  const one = probe(() => useAnomalies('aaa', { url }), ids);
  show(
    createElement(Fragment, null, createElement(all.component), createElement(one.component)),
    false,
  );
  await vi.waitFor(() => expect(one.seen.at(-1)?.map(({ id }) => id)).toEqual(['own']));
  await vi.waitFor(() => expect(hub.topics).toHaveLength(2));
  const anomalies = [anomaly('root', 'bbb'), anomaly('other', 'bbb')];
  hub.event({
    id: 1,
    timeMs: 5,
    kind: 'anomaly',
    target: anomaly('', 'bbb').target,
    detail: {},
    anomalies,
  });
  hub.event({
    id: 2,
    timeMs: 6,
    kind: 'host-stale',
    target: anomaly('', 'bbb').target,
    detail: {},
  });
  await vi.waitFor(() => expect(all.seen.at(-1)).toEqual(anomalies));
  const before = all.seen.length;
  hub.event({
    id: 3,
    timeMs: 7,
    kind: 'host-stale',
    target: anomaly('', 'bbb').target,
    detail: {},
  });
  await settle();
  expect(all.seen.length).toBe(before);
});

test('a forecast is asked for when the connection stands, and another series anew', async () => {
  const band = { timesMs: [1], lower: [0], upper: [null] };
  hub.outlookAnswer = { ok: true, band, anomalies: [], forecast: null, refusal: 'no-series' };
  let key: string | null = cpu;
  const asked = probe(
    () => useForecast('aaa', key, { url, pastMs: 1000 }),
    ({ outlook, error }) => `${outlook?.refusal} ${error?.code}`,
  );
  const live = probe(() => useFleet((hosts) => hosts.length, { url }), String);
  const node = (): ReactNode =>
    createElement(Fragment, null, createElement(asked.component), createElement(live.component));
  const page = show(node(), false);
  await vi.waitFor(() => expect(asked.seen.at(-1)?.outlook?.band).toEqual(band));
  expect(hub.outlooksAsked[0]).toMatchObject({ hostId: 'aaa', key: cpu });
  expect((hub.outlooksAsked[0]?.toMs ?? 0) - (hub.outlooksAsked[0]?.fromMs ?? 0)).toBe(1000);
  hub.outlookAnswer = { ok: false, error: { code: 'not-found', message: 'm', action: 'a' } };
  key = 'other';
  page.render(node());
  await vi.waitFor(() => expect(asked.seen.at(-1)?.error?.code).toBe('not-found'));
  expect(asked.seen.at(-1)?.outlook).toBeNull();
  const count = hub.outlooksAsked.length;
  key = null;
  page.render(node());
  await settle();
  expect(hub.outlooksAsked).toHaveLength(count);
});
