import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isKnownMetric, type Unit } from '@openmanager/protocol';
import { afterEach, expect, test, vi } from 'vitest';
import { agentLog, agentOptions } from './agent-settings.ts';
import { readSettings, settingsOf, UsageError } from './settings.ts';

const optionsOf = (args: readonly string[], environment = {}): ReturnType<typeof agentOptions> =>
  agentOptions(readSettings(settingsOf.agent, args, environment));

afterEach(() => vi.restoreAllMocks());

test('name, labels and choices, by flag or by environment', () => {
  expect(
    optionsOf(
      [
        ['--name', ' web-1 ', '--label', 'team = shop', '--label', 'web'],
        ['--include', 'filesystem=tmpfs', '--exclude', 'network=veth*', '--exclude', 'gpu'],
      ].flat(),
    ),
  ).toEqual({
    name: 'web-1',
    labels: { team: 'shop', web: '' },
    include: ['filesystem=tmpfs'],
    exclude: ['network=veth*', 'gpu'],
  });
  expect(
    optionsOf([], {
      OPENMANAGER_LABEL: 'a=1,b',
      OPENMANAGER_NAME: '웹 1',
      OPENMANAGER_EXCLUDE: 'smart',
    }),
  ).toEqual({ name: '웹 1', labels: { a: '1', b: '' }, include: [], exclude: ['smart'] });
  expect(optionsOf([])).toEqual({ include: [], exclude: [] });
});

test.each([
  [['--name', '']],
  [['--name', 'two\nlines']],
  [['--name', 'x'.repeat(256)]],
  [['--label', '']],
  [['--label', 'a=1', '--label', 'a=2']],
  [['--label', `a=${'x'.repeat(300)}`]],
  [Array.from({ length: 65 }, (_, at) => ['--label', `l${at}`]).flat()],
])('%j is refused with the name of the flag', (args) => {
  const wrong = (): unknown => optionsOf(args);
  if (args[1] === '' && args[0] === '--label') expect(wrong()).not.toHaveProperty('labels');
  else
    expect(wrong).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/^--(name|label) /) as string }),
    );
});

test('the level of the log: what is less is not said, what is wrong goes to standard error', () => {
  const out = vi.spyOn(console, 'log').mockImplementation(() => {});
  const wrong = vi.spyOn(console, 'error').mockImplementation(() => {});
  const say = (level: string | undefined): void => {
    const log = agentLog(level);
    log('debug', 'fine');
    log('info', 'started');
    log('warn', 'disks', { disks: 'sda', action: 'Run it as root.' });
    log('error', 'broken');
  };
  say(undefined);
  expect(out.mock.calls.flat()).toEqual(['  · started']);
  expect(wrong.mock.calls.flat()).toEqual(['  ! disks (disks: sda) Run it as root.', '  ! broken']);
  out.mockClear();
  wrong.mockClear();
  say('error');
  expect([out.mock.calls.length, wrong.mock.calls.length]).toEqual([0, 1]);
  say('trace');
  expect(out.mock.calls.flat()).toEqual(['  · fine', '  · started']);
  expect(() => agentLog('loud')).toThrow(UsageError);
});

/** The command as people run it, without any settings of this machine. */
async function openmanager(
  ...args: readonly string[]
): Promise<{ code: number; out: string; err: string }> {
  const run = promisify(execFile);
  const main = join(import.meta.dirname, 'main.ts');
  const script = `const { main } = await import(${JSON.stringify(main)}); process.exitCode = await main(process.argv.slice(1), process.env);`;
  try {
    const { stdout, stderr } = await run(
      process.execPath,
      ['--conditions=source', '--input-type=module', '-e', script, '--', ...args],
      { env: { PATH: process.env['PATH'], LANG: 'en' } },
    );
    return { code: 0, out: stdout, err: stderr };
  } catch (error) {
    const failed = error as { code: number; stdout: string; stderr: string };
    return { code: failed.code, out: failed.stdout, err: failed.stderr };
  }
}

interface Once {
  readonly host: { readonly hostname: string; readonly labels: Record<string, string> };
  readonly samples: readonly { metric: string; attributes: object; value: number; unit: Unit }[];
  readonly collectMs: Record<string, number>;
}

test('--once prints a sample without enrolment or a hub', { timeout: 60_000 }, async () => {
  const table = await openmanager('agent', '--once', '--exclude', 'process');
  expect(table).toMatchObject({ code: 0, err: '' });
  expect(table.out).toMatch(/^METRIC +VALUE +OF$/m);
  expect(table.out).toMatch(/^system\.memory\.limit +[\d.]+ GiB$/m);
  expect(table.out).not.toContain('system.process.count');
  const json = await openmanager('agent', '--once', '--json', '--name', 'here', '--label', 'a=1');
  const once = JSON.parse(json.out) as Once;
  expect(once.host).toMatchObject({ hostname: 'here', labels: { a: '1' } });
  expect(once.samples.length).toBeGreaterThan(20);
  expect(once.samples.every(({ metric }) => isKnownMetric(metric))).toBe(true);
  expect(once.collectMs).toHaveProperty('cpu');
  const wrong = await openmanager('agent', '--once', '--exclude', 'gpus');
  expect(wrong.code).toBe(1);
  expect(wrong.err).toMatch(/no source "gpus".*Sources are cpu, /);
});
