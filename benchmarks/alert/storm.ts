/** 10,000 rules about one value that jumps up and down: messages, and the time until every state is on disk. */
import { atMost, type Figure } from '../harness.ts';
import { pause } from '../load/talk.ts';
import { connect, METRIC, startAlertHub, webhook } from './rig.ts';

const GROUP_INTERVAL_MS = 5_000;
const FLIP_MS = 2_500;
const DURABLE_GOAL_MS = 10_000;

export async function storm(rules: number, flips: number): Promise<Figure[]> {
  const messages: number[] = [];
  let largest = 0;
  const hook = await webhook((body, atMs) => {
    messages.push(atMs);
    largest = Math.max(largest, (body as { alertCount: number }).alertCount);
  });
  const hub = await startAlertHub({ hosts: 1, allowOrigins: [] });
  try {
    await hub.api('PUT', 'receivers/hook', { kind: 'webhook', url: hook.url });
    await hub.api('PUT', 'routing', {
      route: { receivers: ['hook'], groupWaitMs: 0, groupIntervalMs: GROUP_INTERVAL_MS },
      allowHosts: ['127.0.0.1'],
    });
    await hub.api('PUT', 'rules', {
      rules: Array.from({ length: rules }, (_, index) => ({
        kind: 'above',
        ruleId: `rule-${index}`,
        metric: METRIC,
        scope: 'total',
        threshold: 0.5 + index / 100_000,
        clear: 0.4,
        forMs: 0,
        severity: 'warning',
      })),
    });
    const agent = await connect(hub.url, hub.keys[0] ?? '', 'host-0-');
    agent.send(0.1);
    await pause(2_000);
    /** Alerts are listed when they are on disk, not before. */
    const settled = async (firing: boolean): Promise<void> => {
      for (;;) {
        const { alerts } = await hub.api<{ alerts: { ruleId: string; state: string }[] }>(
          'GET',
          'alerts',
        );
        const there = alerts.filter(
          ({ ruleId, state }) => ruleId.startsWith('rule-') && state === 'firing',
        );
        if (there.length === (firing ? rules : 0)) return;
        await pause(50);
      }
    };
    const durable: number[] = [];
    const beganMs = Date.now();
    for (let flip = 0; flip < flips; flip++) {
      const up = flip % 2 === 0;
      const atMs = agent.send(up ? 0.95 : 0.1);
      // The first fires of a rule; later ones may be held as flapping.
      if (flip < 4) {
        await settled(up);
        durable.push(Date.now() - atMs);
      }
      await pause(FLIP_MS - (Date.now() - atMs));
    }
    const watchedMs = Date.now() - beganMs;
    await pause(2 * GROUP_INTERVAL_MS);
    const gaps = messages.slice(1).map((atMs, index) => atMs - (messages[index] as number));
    const many = rules.toLocaleString('en');
    return [
      atMost(
        `${many} rules that flip at once: until every state is on disk`,
        Math.max(...durable),
        'ms',
        DURABLE_GOAL_MS,
      ),
      atMost(
        `messages while they flipped ${flips} times in ${Math.round(watchedMs / 1000)} s`,
        messages.length,
        'messages',
        1 + Math.ceil((watchedMs + 2 * GROUP_INTERVAL_MS) / GROUP_INTERVAL_MS),
      ),
      {
        name: `least time between two messages of the group (interval ${GROUP_INTERVAL_MS / 1000} s)`,
        value: Math.min(...gaps),
        unit: 'ms',
        goal: `>= ${GROUP_INTERVAL_MS - 50}`,
        met: Math.min(...gaps) >= GROUP_INTERVAL_MS - 50,
      },
      { name: 'alerts told in one message, at most', value: largest, unit: 'alerts' },
    ];
  } finally {
    hub.child.kill();
    hook.close();
  }
}
