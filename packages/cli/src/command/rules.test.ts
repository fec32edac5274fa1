import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultRules } from '@openmanager/alerting';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { HubHarness } from '../../../hub/test/kit/hub-harness.ts';
import { main } from '../main.ts';

let out: string[];
let err: string[];
beforeEach(() => {
  out = [];
  err = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => void out.push(line));
  vi.spyOn(console, 'error').mockImplementation((line: string) => void err.push(line));
});
afterEach(() => {
  vi.restoreAllMocks();
});

async function file(text: string): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), 'rules-')), 'rules.yaml');
  await writeFile(path, text);
  return path;
}

const rule = `
- id: busy
  kind: above
  severity: warning
  metric: system.cpu.utilization
  scope: total
  threshold: 80%
  clear: 70%
  for: 1m
`;

test('check warns of what is hardly meant; --strict ends with 1', async () => {
  const path = await file(rule.replace('80%', '80').replace('70%', '70'));
  expect(await main(['rules', 'check', path], {})).toBe(0);
  expect(out).toEqual([
    `${path}: rule busy: threshold: 80 is more than a share can be; write 0.8 for 80 %`,
    '1 rule, 1 warning',
  ]);
  expect(await main(['rules', 'check', path, '--strict'], {})).toBe(1);
  expect(await main(['rules', 'check', '--strict', path], {})).toBe(1);
  // Neither the value of a flag nor a second file is the file.
  expect(await main(['rules', 'check', '--strict'], {})).toBe(2);
  expect(await main(['rules', 'check', path, path], {})).toBe(2);
  expect(await main(['rules', 'check', await file(rule), '--strict'], {})).toBe(0);
});

test('check names what is wrong, by rule and field', async () => {
  expect(await main(['rules', 'check', await file(rule)], {})).toBe(0);
  expect(out).toEqual(['1 rule, nothing wrong']);
  const path = await file(rule.replace('70%', '90%').replace('1m', 'soon'));
  expect(await main(['rules', 'check', path], {})).toBe(1);
  expect(err.join('\n')).toContain(`${path}: rules.0.for: `);
  expect(await main(['rules', 'check'], {})).toBe(2);
  expect(await main(['rules', 'check', '/no/such/file.yaml'], {})).toBe(1);
});

test('the cases of the default rules pass', async () => {
  const path = fileURLToPath(new URL('../../rules/defaults.yaml', import.meta.url));
  expect([await main(['rules', 'test', path], {}), out]).toEqual([0, expect.any(Array)]);
  const { tests } = parse(await readFile(path, 'utf8')) as {
    tests: { expect: { rule: string; state: string }[] }[];
  };
  expect(out.at(-1)).toBe(`${tests.length} cases passed, 0 failed`);
  // Every rule is seen to fire, but those that need a forecast, which a file cannot say.
  const fired = new Set(
    tests.flatMap(({ expect }) =>
      expect.filter(({ state }) => state === 'firing').map(({ rule }) => rule),
    ),
  );
  expect(
    defaultRules
      .filter(({ kind, ruleId }) => kind !== 'forecast' && !fired.has(ruleId))
      .map(({ ruleId }) => ruleId),
  ).toEqual([]);
  expect(tests.some(({ expect }) => expect.some(({ state }) => state === 'flapping'))).toBe(true);
});

test('on what was recorded of a busy machine the default rules do as the file says', async () => {
  const path = fileURLToPath(new URL('../../rules/recorded.yaml', import.meta.url));
  expect([await main(['rules', 'test', path], {}), out, err]).toEqual([
    0,
    ['✓ a machine on which people build and test', '1 case passed, 0 failed'],
    [],
  ]);
});

test('the rules and cases of the guide are as it says', async () => {
  const guide = await readFile(
    new URL('../../../../docs/guide/alerts.md', import.meta.url),
    'utf8',
  );
  const blocks = [...guide.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => text);
  expect(blocks).toHaveLength(2);
  expect([await main(['rules', 'test', await file(blocks.join('\n'))], {}), err]).toEqual([0, []]);
  expect(out.at(-1)).toBe('1 case passed, 0 failed');
});

test('a case that fails says what was instead', async () => {
  const cases = `
rules:${rule.replaceAll('\n', '\n  ')}
tests:
  - name: too early
    series: { system.cpu.utilization: [0.9 x 3] }
    expect: [{ at: 10s, rule: busy, state: firing }]
`;
  expect(await main(['rules', 'test', await file(cases)], {})).toBe(1);
  expect(out).toEqual([
    '✗ too early',
    '    at 10 s busy is pending, not firing',
    '0 cases passed, 1 failed',
  ]);
});

test('import writes what check takes, and lists the rest', async () => {
  const path = await file(`
groups:
  - name: node
    rules:
      - alert: HostHighLoad
        expr: node_load15 > 8
        for: 10m
        labels: {severity: warning}
      - alert: Odd
        expr: rate(x[5m]) > 1
`);
  expect(await main(['rules', 'import', path], {})).toBe(0);
  expect(err[0]).toContain('not imported: Odd: ');
  expect(err.slice(1)).toEqual([
    'node_load15 is system.linux.cpu.load_15m',
    '1 taken exactly, 0 taken with changes, 1 refused',
  ]);
  const imported = out.join('\n');
  expect(await main(['rules', 'check', await file(imported)], {})).toBe(0);
});

test('diff and apply bring a hub to what the file says, and leave it at that', async () => {
  const harness = await HubHarness.open();
  try {
    const password = 'correct horse battery staple';
    await harness.admin.send('/api/v1/auth/password', {
      method: 'PUT',
      body: { password },
      headers: { origin: new URL(harness.hub.url).origin },
    });
    const session = await harness.admin.send('/api/v1/auth/session');
    const { name } = session.body as { name: string };
    const run = async (command: string, path: string): Promise<number> => {
      out = [];
      return main(['rules', command, path, '--hub', harness.hub.url, '--user', name], {
        OPENMANAGER_PASSWORD: password,
      });
    };
    const path = await file(rule);
    expect([await run('diff', path), out]).toEqual([1, ['+ busy']]);
    expect([await run('apply', path), out]).toEqual([0, ['+ busy', '1 change applied']]);
    expect([await run('diff', path), out]).toEqual([0, []]);
    expect([await run('diff', await file(rule.replace('1m', '2m'))), out]).toEqual([
      1,
      ['~ busy forMs: 60000 → 120000'],
    ]);
    expect([await run('apply', await file('rules: []')), out]).toEqual([
      0,
      ['- busy', '1 change applied'],
    ]);
    expect(
      await main(['rules', 'apply', path, '--hub', harness.hub.url, '--user', name], {
        OPENMANAGER_PASSWORD: 'wrong',
      }),
    ).toBe(1);
    expect(await main(['rules', 'apply', path, '--hub', harness.hub.url], {})).toBe(2);
  } finally {
    await harness.close();
  }
});
