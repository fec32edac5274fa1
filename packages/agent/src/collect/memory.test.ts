import { afterEach, describe, expect, it } from 'vitest';
import { type Fixture, fixture, valuesOf } from '../../test/fixture.ts';
import { MemorySource } from './memory.ts';

const GIB = 2 ** 30;
const MIB = 2 ** 20;

let tree: Fixture;
afterEach(() => tree.remove());

const meminfo = (fields: Readonly<Record<string, number>>): string =>
  Object.entries(fields)
    .map(([name, bytes]) => `${name}:${String(Math.round(bytes / 1024)).padStart(16)} kB\n`)
    .join('');

const arcstats = (size: number, least: number): string =>
  `13 1 0x01 123 33456 1 2\nname                            type data\nhits 4 1\nc 4 9\nc_min 4 ${least}\nc_max 4 99\nsize 4 ${size}\ncompressed_size 4 5\n`;

const lxcfs = '700 600 0:51 /proc/meminfo /proc/meminfo rw,nosuid - fuse.lxcfs lxcfs rw\n';

function read(files: Readonly<Record<string, string>>): Record<string, number> {
  tree = fixture(files);
  const memory = new MemorySource(tree.root);
  memory.read(0);
  const values = valuesOf(memory);
  memory.close();
  for (const [key, value] of Object.entries(values)) {
    if (Number.isNaN(value)) continue;
    expect(value, key).toBeGreaterThanOrEqual(0);
    if (key.includes('utilization')) expect(value, key).toBeLessThanOrEqual(1);
  }
  return values;
}

const used = 'system.memory.usage{system.memory.state="used"}';
const cached = 'system.memory.usage{system.memory.state="cached"}';

describe('ZFS', () => {
  const host = meminfo({
    MemTotal: 62.5 * GIB,
    MemFree: 18 * GIB,
    MemAvailable: 20.5 * GIB,
    Buffers: 0.1 * GIB,
    Cached: 2 * GIB,
  });

  it('its cache above the minimum is available', () => {
    const values = read({
      '/proc/meminfo': host,
      '/proc/spl/kstat/zfs/arcstats': arcstats(34 * GIB, 2 * GIB),
    });
    expect(values['system.memory.utilization']).toBeCloseTo(1 - 52.5 / 62.5, 5);
    expect(values['system.linux.memory.available']).toBeCloseTo(52.5 * GIB, -3);
    expect(values[cached]).toBeCloseTo(34 * GIB, -3);
    expect(values[used]).toBeCloseTo((62.5 - 18 - 0.1 - 34) * GIB, -4);
  });

  it('a cache at its minimum, or below it, is not', () => {
    const values = read({
      '/proc/meminfo': host,
      '/proc/spl/kstat/zfs/arcstats': arcstats(GIB, 2 * GIB),
    });
    expect(values['system.memory.utilization']).toBeCloseTo(1 - 20.5 / 62.5, 5);
  });

  it('nothing is added in a container, which sees the cache of its machine', () => {
    const small = meminfo({ MemTotal: 2 * GIB, MemFree: GIB, MemAvailable: 1.2 * GIB });
    const stats = { '/proc/spl/kstat/zfs/arcstats': arcstats(GIB, 0) };
    expect(
      read({ ...stats, '/proc/meminfo': small, '/proc/self/mountinfo': lxcfs })[
        'system.memory.utilization'
      ],
    ).toBeCloseTo(0.4, 5);
    tree.remove();
    const large = { '/proc/spl/kstat/zfs/arcstats': arcstats(3 * GIB, 0) };
    expect(read({ ...large, '/proc/meminfo': small })['system.memory.utilization']).toBeCloseTo(
      0.4,
      5,
    );
  });
});

describe('in a container with lxcfs', () => {
  it('what is more than all there is belongs to the machine', () => {
    const values = read({
      '/proc/meminfo': meminfo({
        MemTotal: 2 * GIB,
        MemFree: 0.5 * GIB,
        MemAvailable: 2.86 * GIB,
        Cached: GIB,
        Shmem: 0.25 * GIB,
        SReclaimable: 5 * GIB,
        SwapTotal: GIB,
        SwapFree: 1.34 * GIB,
      }),
      '/proc/self/mountinfo': lxcfs,
    });
    expect(values['system.memory.utilization']).toBe(0);
    expect(values['system.paging.utilization']).toBe(0);
    expect(values['system.paging.usage{system.paging.state="used"}']).toBe(0);
  });

  it.each(['v2', 'v1'])('its own control group knows better (%s)', (version) => {
    const group: Record<string, string> =
      version === 'v2'
        ? {
            '/sys/fs/cgroup/memory.max': `${2 * GIB}\n`,
            '/sys/fs/cgroup/memory.current': `${1.5 * GIB}\n`,
            '/sys/fs/cgroup/memory.stat': `anon ${800 * MIB}\nfile ${600 * MIB}\nshmem ${100 * MIB}\ninactive_file ${300 * MIB}\nactive_file ${200 * MIB}\nslab_reclaimable ${12 * MIB}\n`,
            '/sys/fs/cgroup/memory.swap.max': `${GIB}\n`,
            '/sys/fs/cgroup/memory.swap.current': `${256 * MIB}\n`,
          }
        : {
            '/sys/fs/cgroup/memory/memory.limit_in_bytes': `${2 * GIB}\n`,
            '/sys/fs/cgroup/memory/memory.usage_in_bytes': `${1.5 * GIB}\n`,
            '/sys/fs/cgroup/memory/memory.stat': `active_file 1\ninactive_file 1\ntotal_inactive_file ${300 * MIB}\ntotal_active_file ${212 * MIB}\n`,
            '/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes': `${3 * GIB}\n`,
            '/sys/fs/cgroup/memory/memory.memsw.usage_in_bytes': `${1.75 * GIB}\n`,
          };
    const values = read({
      '/proc/meminfo': meminfo({
        MemTotal: 64 * GIB,
        MemFree: 60 * GIB,
        MemAvailable: 62 * GIB,
        SwapTotal: 8 * GIB,
        SwapFree: 8 * GIB,
      }),
      '/proc/self/mountinfo': lxcfs,
      ...group,
    });
    expect(values).toMatchObject({
      'system.memory.limit': 2 * GIB,
      'system.linux.memory.available': GIB,
      'system.memory.utilization': 0.5,
      [used]: GIB,
      [cached]: 512 * MIB,
      'system.paging.utilization': 0.25,
    });
  });

  it('a group without limits changes nothing but what is used', () => {
    const values = read({
      '/proc/meminfo': meminfo({ MemTotal: 4 * GIB, MemFree: GIB, SwapTotal: GIB, SwapFree: GIB }),
      '/proc/self/mountinfo': lxcfs,
      '/sys/fs/cgroup/memory.max': 'max\n',
      '/sys/fs/cgroup/memory.current': `${3 * GIB}\n`,
      '/sys/fs/cgroup/memory.stat': `inactive_file ${GIB}\n`,
      '/sys/fs/cgroup/memory.swap.max': 'max\n',
    });
    expect(values).toMatchObject({
      'system.memory.limit': 4 * GIB,
      'system.memory.utilization': 0.5,
      'system.paging.utilization': 0,
    });
  });
});

it('shared memory is not available where the kernel does not say what is', () => {
  const values = read({
    '/proc/meminfo': meminfo({
      MemTotal: 3.6 * GIB,
      MemFree: 0.4 * GIB,
      Buffers: 0.1 * GIB,
      Cached: 2.9 * GIB,
      Shmem: 2.4 * GIB,
    }),
  });
  expect(values['system.linux.memory.available']).toBeCloseTo(GIB, -4);
  expect(values['system.memory.utilization']).toBeCloseTo(1 - 1 / 3.6, 5);
  expect(values[cached]).toBeCloseTo(0.5 * GIB, -4);
  expect(values[used]).toBeCloseTo(2.6 * GIB, -4);
});

it('no field is larger than the whole, and none below zero', () => {
  const values = read({
    '/proc/meminfo': meminfo({
      MemTotal: GIB,
      MemFree: 3 * GIB,
      Buffers: 5 * GIB,
      Cached: 7 * GIB,
      Shmem: 9 * GIB,
      SwapTotal: GIB,
      SwapFree: 2 * GIB,
    }),
  });
  expect(values['system.memory.utilization']).toBe(0);
  expect(values[used]).toBe(0);
});
