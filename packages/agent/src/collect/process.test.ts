import { afterEach, expect, it } from 'vitest';
import { type Fixture, fixture, valuesOf } from '../../test/fixture.ts';
import { ProcessSource } from './process.ts';

let tree: Fixture;
afterEach(() => tree.remove());

const stat = (
  pid: number,
  name: string,
  state: string,
  ticks: number,
  pages: number,
  start = 5,
): string =>
  `${pid} (${name}) ${state} 1 1 1 0 -1 0 0 0 0 0 ${ticks} 0 0 0 20 0 1 0 ${start} 1000 ${pages} 0 0\n`;

it('counts by state and ranks by CPU and memory, names with brackets and blanks included', () => {
  tree = fixture({
    '/proc/1/stat': stat(1, 'init', 'S', 10, 100),
    '/proc/20/stat': stat(20, 'a) R (b', 'R', 0, 50),
    '/proc/30/stat': stat(30, 'old', 'Z', 0, 0),
    '/proc/self/x': '',
    '/etc/passwd': 'root:x:0:0::/:/bin/sh\n',
  });
  const processes = new ProcessSource({ root: tree.root, monotonic: () => 0 });
  processes.read(0);
  expect(processes.table()).toBeUndefined();
  expect(valuesOf(processes)).toMatchObject({
    'system.process.count': 3,
    'system.process.count{process.state="running"}': 1,
    'system.process.count{process.state="defunct"}': 1,
  });
  tree.write('/proc/20/stat', stat(20, 'a) R (b', 'R', 150, 50));
  tree.remove('/proc/30');
  processes.read(1000);
  const table = processes.table();
  expect(
    table?.map(({ pid, name, cpuUtilization, memoryBytes }) => [
      pid,
      name,
      cpuUtilization,
      memoryBytes,
    ]),
  ).toEqual([
    [20, 'a) R (b', 1.5, 50 * 4096],
    [1, 'init', 0, 100 * 4096],
  ]);
  expect(processes.table()).toBeUndefined();
  expect(valuesOf(processes)['system.process.count']).toBe(2);
});

it('does not take a number given to another process for the same one', () => {
  tree = fixture({ '/proc/7/stat': stat(7, 'first', 'S', 5000, 1) });
  const processes = new ProcessSource({ root: tree.root, monotonic: () => 0 });
  processes.read(0);
  tree.write('/proc/7/stat', stat(7, 'second', 'S', 30, 1, 99));
  processes.read(1000);
  expect(processes.table()).toMatchObject([{ name: 'second', cpuUtilization: 0.3 }]);
});

it('walks less often when a walk is dear, and more often while somebody looks', () => {
  tree = fixture({ '/proc/1/stat': stat(1, 'init', 'S', 0, 1) });
  let clock = 0;
  let walks = 0;
  const processes = new ProcessSource({
    root: tree.root,
    // Called before and after each walk: each costs 15 ms, as 500 processes do.
    monotonic: () => {
      walks += 0.5;
      return (clock += 15);
    },
  });
  clock = 0;
  for (let second = 0; second <= 120; second++) processes.read(second * 1000);
  // One at the start, one soon after, then one each 15 ms / 0.05 % = 30 s.
  expect(walks).toBeLessThanOrEqual(6);
  processes.watched = true;
  const before = walks;
  for (let second = 200; second < 260; second++) processes.read(second * 1000);
  // 15 ms / 0.2 % would be 7.5 s; the least is 8 s.
  expect(walks - before).toBeGreaterThanOrEqual(7);
});

it('shows at most 50 rows', () => {
  const files = Object.fromEntries(
    Array.from({ length: 200 }, (_, index) => [
      `/proc/${index + 1}/stat`,
      stat(index + 1, `p${index}`, 'S', 0, 200 - index),
    ]),
  );
  tree = fixture(files);
  const processes = new ProcessSource({ root: tree.root });
  processes.read(0);
  for (let pid = 101; pid <= 200; pid++)
    tree.write(`/proc/${pid}/stat`, stat(pid, 'busy', 'S', pid, 1));
  processes.read(1000);
  expect(processes.table()).toHaveLength(50);
});

it('reads kernel threads in one walk of four, counts them always, and spreads what they used', () => {
  tree = fixture({ '/proc/2/stat': stat(2, 'kswapd0', 'S', 100, 0) });
  const processes = new ProcessSource({ root: tree.root, monotonic: () => 0 });
  processes.read(0);
  tree.write('/proc/2/stat', stat(2, 'kswapd0', 'D', 1_100, 0));
  const seen: (number | undefined)[] = [];
  for (let walk = 1; walk <= 4; walk++) {
    processes.read(walk * 5_000);
    seen.push(processes.table()?.[0]?.cpuUtilization);
    expect(valuesOf(processes)['system.process.count']).toBe(1);
  }
  // 10 s of CPU over the time since it was read last, told once it is read.
  const told = seen.findIndex((cpu) => cpu !== undefined);
  expect(seen[told]).toBeCloseTo(10 / ((told + 1) * 5), 4);
  expect(valuesOf(processes)['system.process.count{process.state="blocked"}']).toBe(1);
});

it('names a program, not its main thread, and never what follows it on the command line', () => {
  tree = fixture({
    '/proc/10/stat': stat(10, 'MainThread', 'S', 0, 10),
    '/proc/10/cmdline': '/usr/bin/node\0server.js\0--password=x\0',
    '/proc/11/stat': stat(11, 'a-long-program-', 'S', 0, 9),
    '/proc/11/cmdline': '/opt/a-long-program-name --secret=y\0',
    '/proc/12/stat': stat(12, 'MainThread', 'S', 0, 8),
    '/proc/13/stat': stat(13, 'renamed-by-hand', 'S', 0, 7),
    '/proc/13/cmdline': 'something else\0',
    '/etc/passwd': 'root:x:0:0::/:/bin/sh\n',
  });
  const processes = new ProcessSource({ root: tree.root, monotonic: () => 0 });
  processes.read(0);
  processes.read(1000);
  expect(processes.table()?.map(({ pid, name }) => [pid, name])).toEqual([
    [10, 'node'],
    [11, 'a-long-program-name'],
    [12, 'MainThread'],
    [13, 'renamed-by-hand'],
  ]);
});

it('shows names of any bytes, and finishes those that the kernel cut inside a character', () => {
  const utf8 = (text: string): Buffer => Buffer.from(text);
  const cut = (text: string): Buffer => utf8(text).subarray(0, 15);
  tree = fixture({ '/etc/passwd': 'root:x:0:0::/:/bin/sh\n' });
  const write = (pid: number, name: Buffer, cmdline = ''): void => {
    const [before = '', after = ''] = stat(pid, '@', 'S', 0, 100 - pid).split('@');
    tree.write(`/proc/${pid}/stat`, Buffer.concat([utf8(before), name, utf8(after)]));
    tree.write(`/proc/${pid}/cmdline`, cmdline);
  };
  write(1, cut('서버감시자'), '/opt/서버감시자-주요\0--secret\0');
  write(2, cut('ab서버감시자'), '/opt/ab서버감시자\0');
  write(3, Buffer.from([0x78, 0xff, 0x79]));
  write(4, utf8('a\nb "c" \\ 🚀'));
  write(5, Buffer.alloc(0));
  const processes = new ProcessSource({ root: tree.root, monotonic: () => 0 });
  processes.read(0);
  processes.read(1000);
  expect(processes.table()?.map(({ name }) => name)).toEqual([
    '서버감시자-주요',
    'ab서버감시자',
    'x\\xffy',
    'a\nb "c" \\ 🚀',
    '',
  ]);
});
