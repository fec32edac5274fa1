import type { StatsFs } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { parseSeriesKey } from '@openmanager/protocol';
import { type Fixture, fixture } from '../../test/fixture.ts';
import type { Choice } from './choice.ts';
import { FilesystemSource } from './filesystem.ts';
import { parseMounts } from './mounts.ts';
import { rawName } from './raw-name.ts';

let tree: Fixture | undefined;
afterEach(() => tree?.remove());

const words = (text: string): string[] => text.trim().split(/\s+/);

let number = 100;
/** A line of mountinfo. */
const line = (
  place: string,
  type: string,
  source: string,
  inside = '/',
  device = `0:${++number}`,
): string => `${number} 1 ${device} ${inside} ${place} rw,relatime shared:1 - ${type} ${source} rw`;

const places = (lines: readonly string[]): string[] =>
  parseMounts(lines.join('\n')).map(({ mountpoint }) => mountpoint);

describe('filesystems that hold data are told', () => {
  it.each(
    words(`
      fuse.mergerfs fuse.shfs fuse.juicefs fuse.sshfs fuse.rclone fuse.gocryptfs fuse.mfs fuse.unheard-of ubifs
      jffs2 gfs2 ocfs2 beegfs beegfs_nodev gpfs orangefs panfs wekafs acfs vxfs moosefs vboxsf vmhgfs prl_fs
      drvfs hostfs 9p virtiofs smbfs cifs smb3 afs coda ncpfs nfs nfs4 ceph lustre glusterfs ext4 xfs btrfs zfs
      bcachefs f2fs fuseblk exfat hfsplus unheard-of`),
  )('%s', (type) => {
    expect(places([line('/srv', type, 'some')])).toEqual(['/srv']);
  });

  it.each(
    words(`
      proc sysfs tmpfs devtmpfs cgroup2 overlay squashfs erofs iso9660 autofs nsfs ramfs fuse.lxcfs fuse.portal
      fuse.gvfsd-fuse fuse.snapfuse fuse.Obsidian-1.2.AppImage binder efivarfs`),
  )('and not %s', (type) => {
    expect(places([line('/srv', type, 'some')])).toEqual([]);
  });

  it('the root is, whatever it is made of', () => {
    for (const type of ['overlay', 'tmpfs', 'squashfs', 'fuse.fuse-overlayfs'])
      expect(places([line('/', type, 'some')])).toEqual(['/']);
    expect(places([line('/', 'rootfs', 'rootfs')])).toEqual([]);
  });

  it('a snapshot is full for ever', () => {
    expect(
      places([line('/tank/.zfs/snapshot/a', 'zfs', 'tank@a'), line('/tank', 'zfs', 'tank')]),
    ).toEqual(['/tank']);
  });

  it('a disc is full for ever, a stick of the same type is not', () => {
    expect(places([line('/media', 'udf', '/dev/sdb1')])).toEqual(['/media']);
    expect(
      places([line('/media', 'udf', '/dev/sr0').replace('rw,relatime', 'ro,relatime')]),
    ).toEqual([]);
  });
});

describe('each filesystem is told once', () => {
  it('at the place that has all of it, else the shortest', () => {
    const device = '254:1';
    expect(
      places([
        line('/x', 'ext4', '/dev/vdb', '/sub/x', device),
        line('/srv/data', 'ext4', '/dev/vdb', '/', device),
        line('/very/long/place', 'ext4', '/dev/vdb', '/', device),
      ]),
    ).toEqual(['/srv/data']);
  });

  it('subvolumes and exports go by their source, pools in user space by their number', () => {
    expect(
      places([
        line('/', 'btrfs', '/dev/vda', '/@'),
        line('/home', 'btrfs', '/dev/vda', '/@home'),
        line('/a', 'nfs4', 'nas:/export'),
        line('/bb', 'nfs4', 'nas:/export'),
        line('/mnt/user', 'fuse.shfs', 'shfs'),
        line('/mnt/user0', 'fuse.shfs', 'shfs'),
        line('/tank', 'zfs', 'tank'),
        line('/tank/a', 'zfs', 'tank/a'),
      ]),
    ).toEqual(['/', '/a', '/mnt/user', '/mnt/user0', '/tank', '/tank/a']);
  });

  it('what a later mount hides is not told', () => {
    expect(places([line('/m', 'ext4', '/dev/a'), line('/m', 'proc', 'proc')])).toEqual([]);
  });
});

const stats = (used: number, options: Partial<StatsFs> = {}): StatsFs =>
  ({
    type: 0,
    bsize: 4096,
    blocks: 100,
    bfree: 100 - used,
    bavail: 100 - used,
    files: 1000,
    ffree: 750,
    ...options,
  }) as StatsFs;

interface Seen {
  readonly source: FilesystemSource;
  /** Values of a metric by mount point. */
  readonly of: (metric: string) => Record<string, number>;
}

function open(
  lines: readonly string[],
  space: (path: string) => StatsFs | undefined,
  choice: Choice = {},
): Seen {
  tree = fixture();
  const { root } = tree;
  // As the kernel writes it: bytes.
  tree.write('/proc/self/mountinfo', Buffer.from(`${lines.join('\n')}\n`, 'latin1'));
  const source = new FilesystemSource({
    root,
    choice,
    ask: (path, _isNew, answer) => answer(space(path.slice(rawName(root).length))),
  });
  source.read(0);
  return {
    source,
    of: (metric) =>
      Object.fromEntries(
        source.keys.flatMap((key, at) => {
          const { metric: name, attributes } = parseSeriesKey(key);
          const place = attributes['system.filesystem.mountpoint'];
          return name === metric && place !== undefined
            ? [[place, source.values[at] as number]]
            : [];
        }),
      ),
  };
}

describe('70 filesystems, the last one full', () => {
  const lines = Array.from({ length: 70 }, (_, at) =>
    line(`/m${String(at).padStart(2, '0')}`, 'ext4', `/dev/d${at}`),
  );
  const usage = new Map<string, number>();
  const fill = (path: string): StatsFs => stats(usage.get(path) ?? (path === '/m69' ? 99 : 30));

  it('the full one is listed and is the worst, and 6 are counted', () => {
    usage.clear();
    const { source, of } = open(lines, fill);
    expect(source.values[0]).toBe(0.99);
    const shares = of('system.filesystem.utilization');
    expect(Object.keys(shares)).toHaveLength(64);
    expect(shares['/m69']).toBe(0.99);
    expect(source.notListed).toBe(6);
    source.close();
  });

  it('one that fills up gets listed, little changes make no other list', () => {
    usage.clear();
    const { source, of } = open(lines, fill);
    const { keys } = source;
    const hidden = lines
      .map((_, at) => `/m${String(at).padStart(2, '0')}`)
      .filter((place) => !(place in of('system.filesystem.utilization')));
    for (let round = 1; round < 20; round++) {
      usage.set(hidden[0] as string, 30 + (round % 2));
      source.read(round * 5_000);
      source.read(round * 5_000 + 1);
      expect(source.keys).toBe(keys);
    }
    usage.set(hidden[0] as string, 95);
    source.read(200_000);
    source.read(205_000);
    expect(of('system.filesystem.utilization')[hidden[0] as string]).toBe(0.95);
    expect(source.notListed).toBe(6);
    source.close();
  });

  it('the worst is over what is not listed, too', () => {
    // Full of inodes, so that these 64 are listed before one that is nearly full of data.
    const { source } = open(lines, (path) =>
      path === '/m00' ? stats(90) : stats(10, { ffree: 0 }),
    );
    expect(source.values[0]).toBe(0.9);
    source.close();
  });

  it('one that does not answer is listed before all that do', async () => {
    tree = fixture({ '/proc/self/mountinfo': lines.join('\n') });
    const source = new FilesystemSource({
      root: tree.root,
      deadlineMs: 1,
      ask: (path, _isNew, answer) => {
        if (!path.endsWith('/m69')) answer(stats(50));
      },
    });
    source.read(0);
    await new Promise((resolve) => setTimeout(resolve, 20));
    source.read(1000);
    const stuck = source.keys.findIndex(
      (key) => key.startsWith('system.filesystem.stuck{') && key.includes('"/m69"'),
    );
    expect(source.values[stuck]).toBe(1);
    source.close();
  });

  it('300 datasets', () => {
    const datasets = Array.from({ length: 300 }, (_, at) =>
      line(`/tank/${at}`, 'zfs', `tank/${at}`),
    );
    const { source } = open(datasets, (path) => stats(path === '/tank/299' ? 97 : 20));
    expect(source.values[0]).toBe(0.97);
    expect(source.notListed).toBe(236);
    source.close();
  });
});

it('what has no size is not told, whatever its type', () => {
  const { source, of } = open([line('/a', 'unheard-of', 'x'), line('/b', 'ext4', 'y')], (path) =>
    path === '/a' ? stats(0, { blocks: 0, bfree: 0, bavail: 0 }) : stats(20),
  );
  expect(of('system.filesystem.limit')).toEqual({ '/b': 409_600 });
  expect(source.notListed).toBe(0);
  source.close();
});

it('tmpfs by choice, by mount point, device or type; and what is excluded is in no total', () => {
  const lines = [
    line('/run', 'tmpfs', 'run'),
    line('/', 'ext4', '/dev/sda'),
    line('/backup', 'xfs', '/dev/sdb'),
  ];
  const { source, of } = open(lines, (path) => stats(path === '/backup' ? 99 : 10), {
    include: ['tmpfs'],
    exclude: ['/back*'],
  });
  expect(Object.keys(of('system.filesystem.utilization')).toSorted()).toEqual(['/', '/run']);
  expect(source.values[0]).toBe(0.1);
  source.close();
});

it('more free than there is, and an overdrawn reserve, are no negative shares', () => {
  const { source, of } = open([line('/a', '9p', 'x'), line('/b', 'ufs', 'y')], (path) =>
    path === '/a'
      ? stats(0, { bfree: 300, bavail: 300, ffree: 5000 })
      : stats(98, { bavail: 2 ** 64 - 100 }),
  );
  expect(of('system.filesystem.utilization')).toEqual({ '/a': 0, '/b': 0.98 });
  expect(of('system.filesystem.inodes.utilization')['/a']).toBe(0);
  expect(of('system.filesystem.limit')['/a']).toBe(409_600);
  source.close();
});

it('mount points of any bytes are told, each as one series, and asked by their bytes', () => {
  const names = [
    '/caf\xe9',
    rawName('/사진'),
    rawName('/🚀'),
    '/a"b',
    '/tab\\011and\\012line',
    '/back\\134slash',
    '/\xff\xfe',
  ];
  const asked = new Set<string>();
  const { source, of } = open(
    names.map((name) => line(name, 'ext4', `/dev${name}`)),
    (path) => {
      asked.add(path);
      return stats(10);
    },
  );
  expect(Object.keys(of('system.filesystem.utilization')).toSorted()).toEqual(
    [
      '/caf\\xe9',
      '/사진',
      '/🚀',
      '/a"b',
      '/tab\tand\nline',
      '/back\\slash',
      '/\\xff\\xfe',
    ].toSorted(),
  );
  expect(asked).toContain('/caf\xe9');
  expect(new Set(source.keys).size).toBe(source.keys.length);
  source.close();
});

it('a mount point longer than a label is told, too', () => {
  const long = `/${'deep/'.repeat(100)}`;
  const { source, of } = open([line(`${long}a`, 'ext4', 'x'), line(`${long}b`, 'ext4', 'y')], () =>
    stats(10),
  );
  const told = Object.keys(of('system.filesystem.utilization'));
  expect(told).toHaveLength(2);
  expect(told.every((name) => name.length === 255)).toBe(true);
  source.close();
});
