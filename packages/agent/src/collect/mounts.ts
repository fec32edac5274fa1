/** /proc/self/mountinfo, without what holds no data of its own. */
import { statSync } from 'node:fs';
import type { Chosen } from './choice.ts';
import { rawPath, shownName } from './raw-name.ts';

export interface Mount {
  readonly mountpoint: string;
  readonly device: string;
  readonly type: string;
  /** Where it is, as the kernel has it (raw-name.ts). */
  readonly path: string;
  /** Names this mount among all of the machine. */
  readonly id: string;
  /** Not on a disk of this machine that the kernel reads itself: may hang for minutes when its server is away. */
  readonly remote: boolean;
}

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** What the kernel makes up. A size of zero gives away what is not in this list. */
const MADE_UP = words(`
  anon_inodefs autofs bdev binder binfmt_misc bpf cgroup cgroup2 configfs cpuset debugfs devfs devpts devtmpfs dlmfs
  efivarfs functionfs fuse.gvfs-fuse-daemon fuse.gvfsd-fuse fuse.kio-fuse fuse.lxcfs fuse.portal fuse.vmware-vmblock
  fuse.xrdp-chansrv fusectl gadgetfs hugetlbfs mqueue nfsd nsfs nullfs openpromfs oprofilefs pidfs pipefs proc pstore
  ramfs resctrl rootfs rpc_pipefs securityfs selinuxfs smackfs sockfs spufs sysfs tmpfs tracefs usbfs xenfs`);
/** Images: full from the start, and for ever. */
const IMAGES = words(`
  cramfs erofs fuse.archivemount fuse.fuse-zip fuse.fuseiso fuse.snapfuse fuse.squashfuse fuse.squashfuse_ll iso9660
  romfs squashfs`);
const APP_IMAGE = /^fuse\..*\.appimage$/i;
/** What shows the space of a filesystem that is mounted elsewhere. */
const STACKED = words(`
  aufs ecryptfs fuse.bindfs fuse.fuse-overlayfs overlay overlayfs shiftfs unionfs`);
/** Read from a disk by the kernel itself, so that an answer is never far. */
const ON_DISK = words(`
  apfs bcachefs befs btrfs exfat ext2 ext3 ext4 f2fs fuseblk hfs hfsplus jffs2 jfs minix msdos nilfs2 ntfs ntfs3
  reiserfs ubifs udf ufs vfat xfs zfs`);
/** `server:/export`, `//server/share`. */
const NETWORK_SOURCE = /^\/\/|:/;

const OCTAL = /\\([0-7]{3})/g;
const decode = (text: string): string =>
  text.replace(OCTAL, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));

function isData(type: string, path: string, options: string): boolean {
  // All the space that a container, or a machine that runs from memory, has.
  if (path === '/' && type !== 'rootfs') return true;
  // A disc cannot be written, a stick can.
  if (type === 'udf' && options.split(',').includes('ro')) return false;
  return !MADE_UP.has(type) && !IMAGES.has(type) && !STACKED.has(type) && !APP_IMAGE.test(type);
}

/** A bind-mounted file, as containers have for /etc/hosts, is no filesystem of its own. */
function isFolder(path: string | Buffer): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

interface Candidate extends Mount {
  /** The same for all places where one filesystem is mounted. */
  readonly filesystem: string;
  /** All of the filesystem is here, not one of its folders alone. */
  readonly whole: boolean;
}

/**
 * One mount per filesystem: of several places that show it one that has all of it, then the one with the shortest path;
 * of several mounts on one place the last, which hides the others. `mountinfo` is raw (raw-name.ts).
 */
export function parseMounts(
  mountinfo: string,
  root = '',
  chosen: Chosen = () => undefined,
): Mount[] {
  const byPlace = new Map<string, Candidate>();
  for (const line of mountinfo.split('\n')) {
    const [left, right] = line.split(' - ');
    if (left === undefined || right === undefined) continue;
    const [, , number = '', inside = '', place = '', options = ''] = left.split(' ');
    const [type = '', escapedSource = ''] = right.split(' ');
    const path = decode(place);
    const source = decode(escapedSource);
    byPlace.delete(path);
    const [mountpoint, device] = [shownName(path), shownName(source)];
    if (!(chosen(mountpoint, device, type) ?? isData(type, path, options))) continue;
    const whole = inside === '/';
    const remote = !ON_DISK.has(type) && type !== 'overlay';
    if (!whole && !remote && !isFolder(rawPath(root, path))) continue;
    // Subvolumes of btrfs have numbers of their own, and so may mounts of one export, but one source.
    const bySource = type === 'btrfs' || (remote && NETWORK_SOURCE.test(source));
    byPlace.set(path, {
      mountpoint,
      device,
      type: shownName(type),
      path,
      id: [path, source, type].join('\0'),
      remote,
      filesystem: bySource ? `${type} ${source}` : number || source,
      whole,
    });
  }
  const byFilesystem = new Map<string, Candidate>();
  for (const mount of byPlace.values()) {
    const other = byFilesystem.get(mount.filesystem);
    if (!other || isBetter(mount, other)) byFilesystem.set(mount.filesystem, mount);
  }
  return [...byFilesystem.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function isBetter(mount: Candidate, other: Candidate): boolean {
  if (mount.whole !== other.whole) return mount.whole;
  return mount.path.length < other.path.length;
}
