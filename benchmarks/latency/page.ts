/**
 * Runs in a browser and notes when each host's newest sample is in a rendered React component, by the hook; and,
 * when told to, by asking the REST API every three seconds instead.
 */
import type { HostSummary } from '@openmanager/protocol';
import { useWebSocket } from '@openmanager/react';
import { createElement, useLayoutEffect, useRef } from 'react';
import { createRoot } from 'react-dom/client';

const POLL_MS = 3000;
const parameters = new URLSearchParams(location.search);
const url = parameters.get('hub') ?? '';
const token = parameters.get('token') ?? '';

/** Host, time of its sample as stamped, time at which it was seen here. Epoch ms. */
export type Seen = readonly [hostId: string, timeMs: number, seenMs: number];

export interface Measured {
  pushed: Seen[];
  polled: Seen[];
  /** Page opened → first values rendered. */
  firstMs: number | null;
}

const measured: Measured = { pushed: [], polled: [], firstMs: null };
const polledAt = new Map<string, number>();
Object.assign(globalThis, {
  measured,
  forget: () => {
    measured.pushed = [];
  },
  poll: () => setInterval(() => void poll(), POLL_MS),
});

function Page(): ReturnType<typeof createElement> {
  const { serverMetrics } = useWebSocket({ url, token });
  const seen = useRef(new Map<string, number>());
  useLayoutEffect(() => {
    const now = Date.now();
    for (const { hostId, timeMs } of serverMetrics) {
      const before = seen.current.get(hostId);
      seen.current.set(hostId, timeMs);
      // The first value of a host may be as old as its interval.
      if (before !== undefined && timeMs > before) measured.pushed.push([hostId, timeMs, now]);
    }
    if (serverMetrics.length > 0) measured.firstMs ??= performance.now();
  }, [serverMetrics]);
  return createElement(
    'p',
    null,
    serverMetrics.map((host) => host.metrics['system.cpu.utilization']).join(' '),
  );
}

createRoot(document.querySelector('#root') as HTMLElement).render(createElement(Page));

async function poll(): Promise<void> {
  const answer = await fetch(`${url}/api/v1/hosts`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const hosts = (await answer.json()) as HostSummary[];
  const now = Date.now();
  for (const { hostId, lastSampleAtMs } of hosts) {
    if (lastSampleAtMs === null) continue;
    const before = polledAt.get(hostId);
    polledAt.set(hostId, lastSampleAtMs);
    // Every sample since the last poll is first seen now; each was as old as this.
    if (before === undefined) continue;
    for (let time = lastSampleAtMs; time > before; time -= 1000)
      measured.polled.push([hostId, time, now]);
  }
}
