import axe from 'axe-core';
import { StrictMode, type ReactNode } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { AgentsPage } from '../pages/agents/AgentsPage.tsx';
import { Chart, type ChartProps } from '../chart/Chart.tsx';
import { HostCard, HostRow } from '../pages/fleet/HostCard.tsx';
import { Processes } from '../pages/host/Processes.tsx';
import { activate } from '../i18n/locale.ts';
import { SignInPage } from '../pages/signin/SignInPage.tsx';
import { Segments } from '../ui/controls.tsx';
import { host } from './hosts.ts';
import '../ui/styles/tokens.css';
import '../ui/styles/base.css';

let root: Root;
let box: HTMLElement;

beforeAll(() => activate('en'));

beforeEach(() => {
  box = document.createElement('div');
  document.body.append(box);
  root = createRoot(box);
});

afterEach(() => {
  root.unmount();
  box.remove();
  vi.restoreAllMocks();
});

function show(node: ReactNode): void {
  root.render(<StrictMode>{node}</StrictMode>);
}

async function violations(): Promise<string[]> {
  const { violations: found } = await axe.run(box, {
    rules: { region: { enabled: false }, 'page-has-heading-one': { enabled: false } },
  });
  return found.map(
    (one) =>
      `${one.id}: ${one.nodes
        .map((node) => node.html)
        .join(' ')
        .slice(0, 300)}`,
  );
}

/** Answers the REST API by path. */
function answer(
  routes: Readonly<Record<string, { readonly status: number; readonly body: unknown }>>,
): void {
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input) => {
    const path = (input as string).replace('/api/v1/', '');
    const route = routes[path] ?? {
      status: 404,
      body: { code: 'not-found', detail: 'no', action: '' },
    };
    return new Response(JSON.stringify(route.body), {
      status: route.status,
      headers: { 'content-type': 'application/json' },
    });
  });
}

const times = Array.from({ length: 60 }, (_, index) => 1_700_000_000_000 + index * 1000);
const chart = (change: Partial<ChartProps> = {}): ChartProps => ({
  title: 'CPU by mode',
  unit: '1',
  series: [
    { key: 'user', label: 'User', ink: 'c1' },
    { key: 'system', label: 'System', ink: 'c2' },
  ],
  timesMs: times,
  columns: [times.map((_, index) => index / 100), times.map(() => 0.1)],
  gaps: [],
  span: { fromMs: times[0] as number, toMs: times.at(-1) as number },
  stacked: true,
  top: 1,
  syncKey: 'test',
  onZoom: () => undefined,
  onZoomReset: () => undefined,
  ...change,
});

describe('Chart', () => {
  test('tells its values by keyboard: the newest first, then what the cursor is at', async () => {
    show(<Chart {...chart()} />);
    const slider = page.getByRole('slider', { name: 'CPU by mode, time cursor' });
    await expect
      .element(slider)
      .toHaveAttribute('aria-valuetext', expect.stringContaining('User 59.0%, System 10.0%'));
    (slider.element() as HTMLElement).focus();
    await userEvent.keyboard('{ArrowLeft}');
    await expect
      .element(slider)
      .toHaveAttribute('aria-valuetext', expect.stringContaining('User 58.0%'));
    await userEvent.keyboard('{Home}');
    await expect
      .element(slider)
      .toHaveAttribute('aria-valuetext', expect.stringContaining('User 0.0%'));
    expect(await violations()).toEqual([]);
  });

  test('zooms around the cursor by keyboard', async () => {
    const zooms: unknown[] = [];
    show(<Chart {...chart({ onZoom: (span) => zooms.push(span) })} />);
    const slider = page.getByRole('slider');
    await expect.element(slider).toBeVisible();
    (slider.element() as HTMLElement).focus();
    await userEvent.keyboard('{Home}');
    await userEvent.keyboard('+');
    const quarter = 59_000 / 4;
    expect(zooms).toEqual([
      { fromMs: (times[0] as number) - quarter, toMs: (times[0] as number) + quarter },
    ]);
  });

  test('has its values as a table, with missing samples said', async () => {
    show(
      <Chart
        {...chart({
          stacked: false,
          columns: [times.map((_, index) => (index === 59 ? null : 0.5)), times.map(() => 0.1)],
        })}
      />,
    );
    await page.getByRole('button', { name: 'CPU by mode as a table' }).click();
    const table = page.getByRole('table');
    await expect.element(table).toBeVisible();
    expect(table.element().querySelectorAll('tbody tr')).toHaveLength(60);
    expect(table.element().querySelector('tbody tr')?.textContent).toContain('no data');
    expect(await violations()).toEqual([]);
  });

  test('draws into a canvas, and says so when there is nothing to draw', async () => {
    show(<Chart {...chart()} />);
    await vi.waitFor(() => {
      const canvas = box.querySelector('canvas') as HTMLCanvasElement;
      const { data } = (canvas.getContext('2d') as CanvasRenderingContext2D).getImageData(
        0,
        0,
        canvas.width,
        canvas.height,
      );
      expect(data.some((value) => value !== 0)).toBe(true);
    });
    show(<Chart {...chart({ timesMs: [], columns: [[], []] })} />);
    await expect.element(page.getByText('No data in this span').first()).toBeVisible();
  });
});

describe('fleet', () => {
  test('a card names the state without colour, links to its host and passes the checks', async () => {
    show(
      <ul>
        <HostCard
          host={host('web-1', { cpu: 0.97, priority: 'critical', status: 'stale' })}
          place={1}
          count={2}
        />
        <HostRow host={host('web-2', { cpu: 0.1 })} place={2} count={2} />
      </ul>,
    );
    await expect
      .element(page.getByRole('link', { name: 'web-1' }))
      .toHaveAttribute('href', '/hosts/web100000000');
    await expect.element(page.getByText('Critical')).toBeVisible();
    await expect.element(page.getByText('Stale')).toBeVisible();
    await expect
      .element(page.getByRole('meter', { name: 'CPU' }).first())
      .toHaveAttribute('aria-valuenow', '97');
    expect(await violations()).toEqual([]);
  });

  test('a host name is text, whatever it contains', async () => {
    const name = '<img src=x onerror=alert(1)>';
    show(
      <ul>
        <HostCard host={host(name, { cpu: 0.1 })} place={1} count={1} />
      </ul>,
    );
    await expect.element(page.getByText(name)).toBeVisible();
    expect(box.querySelector('img')).toBeNull();
  });
});

test('processes sort by a click, and the direction is announced', async () => {
  const row = (pid: number, name: string, cpuUtilization: number) => ({
    pid,
    name,
    user: 'root',
    cpuUtilization,
    memoryBytes: 1024,
  });
  show(<Processes table={{ timeMs: 0, rows: [row(1, 'alpha', 0.1), row(2, 'beta', 0.9)] }} />);
  const names = (): (string | null)[] =>
    [...box.querySelectorAll('tbody th')].map((cell) => cell.textContent);
  await vi.waitFor(() => expect(names()).toEqual(['beta', 'alpha']));
  await page.getByRole('button', { name: 'Name' }).click();
  expect(names()).toEqual(['alpha', 'beta']);
  await expect
    .element(page.getByRole('columnheader', { name: 'Name' }))
    .toHaveAttribute('aria-sort', 'ascending');
  expect(await violations()).toEqual([]);
});

test('a choice is a radio group moved by arrow keys', async () => {
  const chosen: string[] = [];
  show(
    <Segments
      label="Layout"
      value="cards"
      choices={[
        { value: 'cards', label: 'Cards' },
        { value: 'rows', label: 'Rows' },
      ]}
      onChange={(value) => chosen.push(value)}
    />,
  );
  await expect.element(page.getByRole('radiogroup', { name: 'Layout' })).toBeVisible();
  (box.querySelector('input') as HTMLElement).focus();
  await userEvent.keyboard('{ArrowRight}');
  expect(chosen).toEqual(['rows']);
});

test('sign-in says what was wrong, in words of the chosen language', async () => {
  answer({
    'auth/login': {
      status: 401,
      body: { code: 'wrong-credentials', detail: 'English from the hub', action: '' },
    },
    'auth/session': {
      status: 401,
      body: { code: 'unauthenticated', detail: '', action: '' },
    },
  });
  show(<SignInPage />);
  await page.getByLabelText('Name').fill('admin');
  await page.getByLabelText('Password').fill('not it');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect
    .element(page.getByRole('alert'))
    .toHaveTextContent('The name or the password is wrong.');
  await activate('ko');
  try {
    await expect
      .element(page.getByRole('alert'))
      .toHaveTextContent('이름 또는 비밀번호가 올바르지 않습니다.');
    expect(await violations()).toEqual([]);
  } finally {
    await activate('en');
  }
});

describe('agents', () => {
  const session = { name: 'admin', role: 'admin', hasPassword: true } as const;
  const agent = {
    agentId: 'aaaaaaaaaaaa',
    hostname: 'web-1',
    connected: true,
    enrolledAtMs: 1,
    lastSeenAtMs: 2,
    agentVersion: '0.1.0',
    demo: false,
  };

  test('adding a host shows the exact command', async () => {
    answer({
      agents: { status: 200, body: [agent] },
      tokens: { status: 200, body: [] },
      'agents/codes': {
        status: 201,
        body: { code: 'AAAA-BBBB-CCCC-DDDD', expiresAtMs: Date.now() + 900_000 },
      },
    });
    show(<AgentsPage session={session} />);
    await page.getByRole('button', { name: 'Add a host' }).click();
    await expect
      .element(
        page.getByText(
          `npx --no-install openmanager agent enroll --hub ${location.origin} --code AAAA-BBBB-CCCC-DDDD`,
        ),
      )
      .toBeVisible();
    expect(await violations()).toEqual([]);
    await userEvent.keyboard('{Escape}');
    await expect.element(page.getByRole('dialog')).not.toBeInTheDocument();
  });

  test('revoking asks first, and asks the hub only after the answer', async () => {
    answer({
      agents: { status: 200, body: [agent] },
      tokens: { status: 200, body: [] },
      'agents/aaaaaaaaaaaa': { status: 200, body: {} },
    });
    show(<AgentsPage session={session} />);
    await page.getByRole('button', { name: 'Revoke web-1' }).click();
    const deletes = (): number =>
      vi.mocked(fetch).mock.calls.filter(([, init]) => init?.method === 'DELETE').length;
    await expect.element(page.getByRole('dialog')).toBeVisible();
    expect(deletes()).toBe(0);
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke', exact: true }).click();
    await vi.waitFor(() => expect(deletes()).toBe(1));
    await expect.element(page.getByRole('dialog')).not.toBeInTheDocument();
  });

  test('a viewer can look and not touch', async () => {
    answer({ agents: { status: 200, body: { agents: [agent] } } });
    show(<AgentsPage session={{ ...session, role: 'viewer' }} />);
    await expect.element(page.getByRole('link', { name: 'web-1' })).toBeVisible();
    await expect.element(page.getByRole('button', { name: 'Add a host' })).not.toBeInTheDocument();
    await expect.element(page.getByRole('button', { name: /Revoke/ })).not.toBeInTheDocument();
  });
});
