import { pino } from 'pino';
import { expect, test, vi } from 'vitest';
import { DRAIN_MS, Services, TOTAL_MS, withServices } from './services.ts';

function open() {
  const calls: string[] = [];
  const lines: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
  const part = (name: string, broken?: 'run' | 'drain' | 'stop') => {
    const call = (step: 'run' | 'drain' | 'stop') => async (): Promise<void> => {
      calls.push(`${step} ${name}`);
      if (step === broken) throw new Error(`${step} ${name} fails`);
    };
    return { run: call('run'), drain: call('drain'), stop: call('stop') };
  };
  return { calls, lines, log, part };
}

test('stop is the reverse of start, after all have drained, and happens once', async () => {
  const { calls, log, part } = open();
  const services = new Services(log);
  for (const name of ['a', 'b', 'c']) services.add(name, 100, part(name));
  await services.run();
  await Promise.all([services.stop(), services.stop()]);
  expect(calls.join()).toBe('run a,run b,run c,drain c,drain b,drain a,stop c,stop b,stop a');
});

test('when a part fails to open or to run, those before it are stopped', async () => {
  const opening = open();
  const failed = withServices(opening.log, async (services) => {
    services.add('a', 100, opening.part('a'));
    services.add('b', 100, opening.part('b'));
    throw new Error('c does not open');
  });
  await expect(failed).rejects.toThrow('c does not open');
  expect(opening.calls).toEqual(['drain b', 'drain a', 'stop b', 'stop a']);

  const running = open();
  const refused = withServices(running.log, async (services) => {
    services.add('a', 100, running.part('a'));
    services.add('b', 100, running.part('b', 'run'));
    services.add('c', 100, running.part('c'));
    await services.run();
  });
  await expect(refused).rejects.toThrow('run b fails');
  expect(running.calls.filter((call) => call.startsWith('run'))).toEqual(['run a', 'run b']);
  expect(running.calls.filter((call) => call.startsWith('stop'))).toEqual([
    'stop c',
    'stop b',
    'stop a',
  ]);
});

test('a part that fails to stop keeps no other from it; one that hangs is left behind after its bound', async () => {
  const { calls, lines, log, part } = open();
  const services = new Services(log);
  services.add('a', 100, part('a'));
  services.add('hangs', 10, { stop: () => new Promise<void>(() => undefined) });
  services.add('b', 100, part('b', 'stop'));
  services.add('c', 100, part('c', 'drain'));
  await services.stop();
  expect(calls.slice(-3)).toEqual(['stop c', 'stop b', 'stop a']);
  expect(lines.join()).toContain('drain c fails');
  expect(lines.join()).toContain('stop b fails');
  expect(lines.join()).toContain('"step":"stop hangs"');
});

test('a drain that hangs is cut short', async () => {
  vi.useFakeTimers();
  try {
    const { calls, log, part } = open();
    const services = new Services(log);
    services.add('hangs', 10, { drain: () => new Promise<void>(() => undefined) });
    services.add('a', 100, part('a'));
    const stopped = services.stop();
    await vi.advanceTimersByTimeAsync(DRAIN_MS - 1);
    expect(calls).toEqual(['drain a']);
    await vi.advanceTimersByTimeAsync(1);
    await stopped;
    expect(calls).toEqual(['drain a', 'stop a']);
  } finally {
    vi.useRealTimers();
  }
});

test('parts that together could take too long to stop are refused', () => {
  const { log, part } = open();
  const services = new Services(log);
  services.add('a', TOTAL_MS - DRAIN_MS, part('a'));
  expect(() => services.add('b', 1, part('b'))).toThrow('“b”');
});
