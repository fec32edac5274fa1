import type { Target } from '@openmanager/protocol';
import { describe, expect, test } from 'vitest';
import { alert, MINUTE_MS, resolved, VirtualHub } from '../../test/dispatch-kit.ts';
import type { Inhibition } from '../index.ts';

const labels = {};
const targets: readonly Target[] = [
  { id: 'node', kind: 'host', name: 'web-1', labels },
  { id: 'other', kind: 'host', name: 'web-2', labels },
  { id: 'pod', kind: 'pod', name: 'shop-1', parent: 'node', labels: { team: 'shop' } },
  { id: 'box', kind: 'container', name: 'nginx', parent: 'pod', labels: { team: 'shop' } },
  { id: 'app', kind: 'app', name: 'shop', parent: 'box', labels },
  { id: 'far', kind: 'container', name: 'nginx', parent: 'other', labels },
  { id: 'check', kind: 'check', name: 'https://shop', labels },
  { id: 'left', kind: 'service', name: 'left', parent: 'right', labels },
  { id: 'right', kind: 'service', name: 'right', parent: 'left', labels },
];
const target = (id: string): Target => targets.find((one) => one.id === id) as Target;
const policy = { target: (id: string) => targets.find((one) => one.id === id) };
const down = { ruleId: 'host-silent', metric: 'host.silence', severity: 'critical' } as const;

function inhibited(hub: VirtualHub, id: string, change: Partial<Parameters<typeof alert>[0]> = {}) {
  return hub.dispatcher.facts(alert({ id: 'asked', target: target(id), ...change }), hub.nowMs)
    .inhibitedBy;
}

describe('what is down inhibits what is said of it', () => {
  test('and of all that runs on it, at any depth; nothing of others', () => {
    const hub = new VirtualHub(policy);
    hub.take(alert({ id: 'down', target: target('node'), ...down }));
    for (const id of ['node', 'pod', 'box', 'app'])
      expect([id, inhibited(hub, id)]).toEqual([id, ['down']]);
    for (const id of ['other', 'far', 'check', 'left'])
      expect([id, inhibited(hub, id)]).toEqual([id, []]);
  });

  test('its containers’ own silence too, never its own', () => {
    const hub = new VirtualHub(policy);
    const silences = ['node', 'pod', 'box'].map((id) =>
      alert({ id: `${id}-down`, target: target(id), ...down }),
    );
    hub.take(...silences);
    const by = silences.map((one) => hub.dispatcher.facts(one, hub.nowMs).inhibitedBy);
    expect(by).toEqual([[], ['node-down'], ['pod-down', 'node-down']]);
    // A second rule about the same silence: neither keeps the other quiet.
    expect(inhibited(hub, 'node', down)).toEqual([]);
  });

  test('one message is sent, and what still fires when the host is back is told then', () => {
    const hub = new VirtualHub(policy);
    const host = alert({ id: 'down', target: target('node'), ...down });
    hub.take(
      host,
      alert({ id: 'container', target: target('box') }),
      alert({ id: 'free', target: target('far') }),
    );
    hub.run(5 * MINUTE_MS);
    const told = (): string[] =>
      hub.sent.flatMap(({ message }) => message.alerts.map((one) => one.alert.id));
    expect(told().toSorted()).toEqual(['down', 'free']);
    hub.take(resolved(host, hub.nowMs));
    hub.run(10 * MINUTE_MS);
    expect(told()).toContain('container');
  });

  test('two in a circle of parents do not keep each other silent', () => {
    const hub = new VirtualHub(policy);
    hub.take(alert({ id: 'down', target: target('left'), ...down }));
    expect(inhibited(hub, 'left')).toEqual(['down']);
    expect(inhibited(hub, 'right')).toEqual([]);
    expect(inhibited(hub, 'right', down)).toEqual([]);
  });

  test('a target that is not known is inhibited by its own silence only', () => {
    const hub = new VirtualHub({ target: () => undefined });
    hub.take(alert({ id: 'down', target: target('node'), ...down }));
    expect(inhibited(hub, 'node')).toEqual(['down']);
    expect(inhibited(hub, 'pod')).toEqual([]);
  });
});

test('related and equal hold together; without related any target is meant', () => {
  const related: Inhibition = {
    source: [{ name: 'kind', op: '=', value: 'pod' }],
    target: [{ name: 'severity', op: '!=', value: 'critical' }],
    related: 'self-or-descendant',
    equal: ['team'],
  };
  const hub = new VirtualHub({ ...policy, inhibitions: [related] });
  const warning = { severity: 'warning' } as const;
  hub.take(alert({ id: 'source', target: target('pod') }));
  expect(inhibited(hub, 'box', warning)).toEqual(['source']);
  expect(inhibited(hub, 'box')).toEqual([]);
  // Below it, but of no team.
  expect(inhibited(hub, 'app', warning)).toEqual([]);
  const { related: _, ...anywhere } = related;
  const wide = new VirtualHub({ ...policy, inhibitions: [{ ...anywhere, equal: [] }] });
  wide.take(alert({ id: 'source', target: target('pod') }));
  expect(inhibited(wide, 'check', warning)).toEqual(['source']);
});

test('routing of before, which names hostId, reaches what runs on the host as well', () => {
  const before: Inhibition = {
    source: [{ name: 'metric', op: '=', value: 'host.silence' }],
    target: [{ name: 'metric', op: '!=', value: 'host.silence' }],
    equal: ['hostId'],
  };
  const hub = new VirtualHub({ ...policy, inhibitions: [before] });
  hub.take(alert({ id: 'down', target: target('node'), ...down }));
  expect(inhibited(hub, 'node')).toEqual(['down']);
  expect(inhibited(hub, 'app')).toEqual(['down']);
  expect(inhibited(hub, 'far')).toEqual([]);
});
