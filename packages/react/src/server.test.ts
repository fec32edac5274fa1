import { createElement, Fragment, StrictMode } from 'react';
import { renderToString } from 'react-dom/server';
import { expect, test } from 'vitest';
import {
  useAlerts,
  useConnection,
  useEvents,
  useFleet,
  useHost,
  useNotifications,
  useSeries,
  useStats,
  useSystemStatus,
  useWebSocket,
} from './index.ts';

function Page(): ReturnType<typeof createElement> {
  const live = useWebSocket();
  const facts = [
    live.connectionState.status,
    live.serverMetrics.length,
    live.stats.framesReceived,
    useFleet((hosts) => hosts.length),
    useAlerts().length,
    useEvents().length,
    useHost('aaa') === null,
    useSeries('aaa', 'system.cpu.utilization').timesMs.length,
    useSystemStatus() === null,
    useConnection(({ status }) => status),
    useStats(({ reconnects }) => reconnects),
    useNotifications().permission,
  ];
  return createElement(Fragment, null, facts.join(' '));
}

test('renders on a server, without a window, a connection or anything left running', () => {
  expect(typeof window).toBe('undefined');
  const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const html = renderToString(createElement(StrictMode, null, createElement(Page)));
  expect(html).toBe('idle 0 0 0 0 0 true 0 true idle 0 unsupported');
  expect(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length).toBe(before);
});
