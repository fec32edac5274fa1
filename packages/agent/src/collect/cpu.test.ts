import { afterEach, describe, expect, it } from 'vitest';
import { type Fixture, fixture, valuesOf } from '../../test/fixture.ts';
import { CpuSource } from './cpu.ts';

let tree: Fixture;
afterEach(() => tree.remove());

/** Each core has used `user` ticks, idled and waited; the first line is their sum. */
function stat(cores: number, user: number, idle: number, iowait = 0): string {
  const line = (name: string, of: number): string =>
    `${name} ${user * of} 0 0 ${idle * of} ${iowait * of} 0 0 0 0 0\n`;
  return (
    line('cpu ', cores) +
    Array.from({ length: cores }, (_, at) => line(`cpu${at}`, 1)).join('') +
    'intr 99\n'
  );
}

function watch(first: string): { step(text: string): Record<string, number> } {
  tree = fixture({ '/proc/stat': first });
  const cpu = new CpuSource(tree.root);
  cpu.perCore = true;
  cpu.read();
  return {
    step(text) {
      tree.write('/proc/stat', text);
      cpu.read();
      return valuesOf(cpu);
    },
  };
}

const busy = 'system.cpu.utilization';
const count = 'system.cpu.logical.count';

describe('processors that are taken away', () => {
  it('begin a new base, and the count is that of now', () => {
    const cpu = watch(stat(512, 10_000, 50_000));
    const before = cpu.step(stat(512, 10_100, 50_400));
    expect(before[busy]).toBeCloseTo(0.2);
    expect(before[count]).toBe(512);
    const after = cpu.step(stat(256, 10_200, 50_700));
    expect(after[count]).toBe(256);
    expect(after[busy]).toBeNaN();
    const next = cpu.step(stat(256, 10_225, 50_775));
    expect(next[busy]).toBeCloseTo(0.25);
    expect(next['system.cpu.utilization{cpu.logical_number="255"}']).toBeCloseTo(0.25);
    expect(Object.keys(next).filter((key) => key.includes('logical_number'))).toHaveLength(256);
  });

  it('and come back', () => {
    const cpu = watch(stat(2, 100, 100));
    expect(cpu.step(stat(4, 200, 200))[count]).toBe(4);
    expect(cpu.step(stat(4, 201, 203))[busy]).toBeCloseTo(0.25);
  });
});

describe('counters that go back', () => {
  it('by much begin a new base', () => {
    const cpu = watch(stat(4, 100_000, 900_000));
    // As after a restore of the machine, or in a container that moved.
    expect(cpu.step(stat(4, 50, 50))[busy]).toBeNaN();
    expect(cpu.step(stat(4, 60, 80))[busy]).toBeCloseTo(0.25);
  });

  it('in one mode, while others go on, are no idle step', () => {
    const cpu = watch(stat(2, 100_000, 1_000));
    expect(cpu.step(stat(2, 1_000, 1_500))[busy]).toBeNaN();
    expect(cpu.step(stat(2, 1_010, 1_510))[busy]).toBeCloseTo(0.5);
  });

  it('by a little, as waiting does, cost nothing', () => {
    const cpu = watch(stat(2, 100, 100, 200));
    expect(cpu.step(stat(2, 150, 150, 150))[busy]).toBeCloseTo(0.5);
    // Neither does a step in which nothing else counted.
    expect(cpu.step(stat(2, 150, 150, 140))[busy]).toBeNaN();
    expect(cpu.step(stat(2, 160, 180, 140))[busy]).toBeCloseTo(0.25);
  });
});
