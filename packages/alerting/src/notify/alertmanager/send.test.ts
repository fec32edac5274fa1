import { expect, test } from 'vitest';
import { alert, host } from '../../../test/dispatch-kit.ts';
import { local, message, peer } from '../../../test/peer-servers.ts';
import type { NotifiedAlert } from '../../dispatch/notification.ts';
import { deliver } from '../index.ts';

interface Posted {
  readonly labels: Readonly<Record<string, string>>;
}

function notified(id: string, labels: Readonly<Record<string, string>>): NotifiedAlert {
  return { alert: alert({ id, ruleId: id, target: host(`${id}000000000`) }), labels };
}

/** An Alertmanager that takes no request in which a label is called or says `refused`. */
async function strict(alerts: readonly NotifiedAlert[]): Promise<{
  readonly outcome: Awaited<ReturnType<typeof deliver>>;
  readonly taken: readonly string[];
  readonly requests: number;
}> {
  const far = await peer();
  const taken: string[] = [];
  far.answer = ({ body }) => {
    const posted = JSON.parse(body) as Posted[];
    if (body.includes('refused')) return { status: 400, body: 'invalid label set' };
    taken.push(...posted.map(({ labels }) => labels['alertname'] ?? ''));
    return { status: 200 };
  };
  const settings = { kind: 'alertmanager', server: far.url } as const;
  const outcome = await deliver(message({ alerts }), settings, local);
  await far.close();
  return { outcome, taken: taken.toSorted(), requests: far.received.length };
}

test('one refused label fails neither the group nor its own alert, and is named', async () => {
  const names = Array.from({ length: 40 }, (_, index) => `r${index}`);
  const alerts = names.map((name) => notified(name, { team: name === 'r17' ? 'refused' : 'web' }));
  const { outcome, taken, requests } = await strict(alerts);
  expect(taken).toEqual(names.toSorted());
  expect(outcome).toMatchObject({ kind: 'delivered', isPartly: true });
  expect(outcome.answer).toContain('labels of r17');
  expect(outcome.answer).toContain('400 invalid label set');
  expect(requests).toBeLessThan(20);
});

test('the search for what is refused is bounded', async () => {
  const alerts = Array.from({ length: 300 }, (_, index) => notified(`refused${index}`, {}));
  const { outcome, requests } = await strict(alerts);
  expect(outcome).toMatchObject({ kind: 'failed', permanent: true });
  expect(requests).toBeLessThan(500);
});

test('what is wrong with the receiver is not searched for among the alerts', async () => {
  const far = await peer();
  far.answer = () => ({ status: 401, body: 'who are you' });
  const alerts = [notified('a', {}), notified('b', {})];
  const settings = { kind: 'alertmanager', server: far.url } as const;
  const outcome = await deliver(message({ alerts }), settings, local);
  expect(outcome).toMatchObject({ kind: 'failed', permanent: true });
  expect(far.received).toHaveLength(1);
  await far.close();
});

test('names of labels are such that every Alertmanager takes them, and none is lost', async () => {
  const far = await peer();
  const odd = notified('a', { '1st': 'x', 'a.b': 'dot', 'a-b': 'dash', 이름: '값', empty: '' });
  const settings = { kind: 'alertmanager', server: far.url } as const;
  await deliver(message({ alerts: [odd] }), settings, local);
  const [{ labels }] = JSON.parse(far.received[0]?.body ?? '') as [Posted];
  for (const name of Object.keys(labels)) expect(name).toMatch(/^[a-zA-Z_][a-zA-Z0-9_]*$/);
  expect(Object.values(labels)).toEqual(expect.arrayContaining(['x', 'dot', 'dash', '값']));
  expect(labels).not.toHaveProperty('empty');
  await far.close();
});
