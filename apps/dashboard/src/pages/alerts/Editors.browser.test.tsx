/** Forms send back what they have no field for, and what was not changed. */
import type { ReceiverInfo, Routing, Silence } from '@openmanager/alerting/model';
import { expect, test } from 'vitest';
import { page } from 'vitest/browser';
import { answer, sent, show } from '../../../test/page.tsx';
import { ReceiverEditor } from './ReceiverEditor.tsx';
import { RoutingPage } from './RoutingPage.tsx';
import { SilenceEditor } from './SilenceEditor.tsx';

const nothing = (): void => undefined;

async function save(): Promise<unknown> {
  await page.getByRole('button', { name: 'Save' }).click();
  await expect.poll(() => sent('PUT')).toHaveLength(1);
  return sent('PUT')[0];
}

/** As a later version may have it. */
const more = { later: { yes: true } };

test('a silence keeps its end, its days of the month and what is new', async () => {
  const silence: Silence & typeof more = {
    silenceId: 's1',
    matchers: [{ name: 'host', op: '~', value: 'web-*' }],
    author: 'kim',
    reason: 'upgrade',
    createdAtMs: 1,
    startsAtMs: 2,
    endsAtMs: Date.now() + 3_541_234,
    windows: [{ zone: 'Asia/Seoul', from: '22:00', to: '06:00', daysOfMonth: [-1], months: [2] }],
    ...more,
  };
  answer({ 'silences/s1': { status: 200, body: {} } });
  show(<SilenceEditor silence={silence} matchers={[]} onClose={nothing} />);
  await expect.element(page.getByText('daysOfMonth: -1 · months: 2')).toBeVisible();
  await page.getByLabelText('Reason').fill('upgrade of the database');
  const { silenceId: _, author: __, createdAtMs: ___, ...rest } = silence;
  expect(await save()).toEqual({ ...rest, reason: 'upgrade of the database' });
});

test('a silence that is over does not begin again because its reason is changed', async () => {
  const silence: Silence = {
    silenceId: 's1',
    matchers: [{ name: 'host', op: '=', value: 'web-1' }],
    author: 'kim',
    reason: 'upgrade',
    createdAtMs: 1,
    startsAtMs: 2,
    endsAtMs: 3,
  };
  answer({ 'silences/s1': { status: 200, body: {} } });
  show(<SilenceEditor silence={silence} matchers={[]} onClose={nothing} />);
  await page.getByLabelText('Reason').fill('upgrade, done');
  expect(await save()).toMatchObject({ endsAtMs: 3 });
});

test('a receiver keeps what is not shown', async () => {
  const receiver = {
    receiverId: 'hook',
    settings: { kind: 'webhook', ...more },
    secretsSet: ['url', 'secret'],
  } as ReceiverInfo;
  answer({ 'receivers/hook': { status: 200, body: {} } });
  show(<ReceiverEditor receiver={receiver} onClose={nothing} />);
  await page.getByLabelText('Address').fill('https://example.org/hook');
  expect(await save()).toEqual({ kind: 'webhook', url: 'https://example.org/hook', ...more });
});

test('routing keeps what is not shown, an empty list of groups too', async () => {
  const routing: Routing & typeof more = {
    route: {
      receivers: ['browsers'],
      groupBy: [],
      routes: [
        {
          match: [{ name: 'severity', op: '=', value: 'critical' }],
          receivers: ['hook'],
          repeatIntervalMs: 3_600_000,
          ...more,
        },
      ],
    },
    inhibitions: [],
    allowHosts: ['127.0.0.1'],
    ...more,
  };
  answer({
    routing: { status: 200, body: routing },
    receivers: { status: 200, body: [] },
  });
  show(<RoutingPage session={{ name: 'kim', role: 'admin', hasPassword: true }} />);
  await page.getByText('Grouping, times and escalation').first().click();
  // Leaving a field is not changing it.
  await page.getByLabelText('One message per').first().click();
  await page.getByLabelText('Address of this dashboard').fill('https://hub.example.org');
  expect(await save()).toEqual({ ...routing, hubUrl: 'https://hub.example.org' });
});

test('that routing is saved is said also when the hub has made something else of it', async () => {
  const routing: Routing = { route: { receivers: ['browsers'] }, inhibitions: [], allowHosts: [] };
  const stored = (): Routing =>
    sent('PUT').length === 0 ? routing : { ...routing, allowHosts: ['example.org'] };
  answer({
    routing: {
      status: 200,
      get body() {
        return stored();
      },
    },
    receivers: { status: 200, body: [] },
  });
  show(<RoutingPage session={{ name: 'kim', role: 'admin', hasPassword: true }} />);
  const hosts = page.getByLabelText('Private addresses that may be sent to');
  await hosts.fill('Example.ORG');
  await save();
  await expect.element(hosts).toHaveValue('example.org');
  await expect.element(page.getByText('Saved.')).toBeVisible();
});
