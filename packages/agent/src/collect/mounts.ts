/** /proc/self/mountinfo, without what holds no data of its own. */
import type { Chosen } from './choice.ts';
import { shownName } from './raw-name.ts';

/** Its texts are raw (raw-name.ts). */
export interface Mount {
  readonly mountpoint: string;
  readonly device: string;
  readonly type: string;
  /** Not from a disk that the kernel reads itself: it may not answer for hours, and is never a bind-mounted file. */
  readonly remote: boolean;
  /** Nothing can be written here. */
  readonly readonly: boolean;
  /** The kernel stopped writing because of errors: nobody asked for that. */
  readonly failed: boolean;
  /** Mounts that hang together: those of one server, of one pool. */
  readonly group: string;
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
const SHARE = /^\/\/|:/;

const OCTAL = /\\([0-7]{3})/g;
const decode = (text: string): string =>
  text.replace(OCTAL, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));

function isData(type: string, path: string, device: string, options: string): boolean {
  // All the space that a container, or a machine that runs from memory, has.
  if (path === '/' && type !== 'rootfs') return true;
  // A snapshot is as large as what is in it: full, and never fuller.
  if (type === 'zfs' && device.includes('@')) return false;
  // A disc cannot be written, a stick can.
  if (type === 'udf' && options.split(',').includes('ro')) return false;
  return !MADE_UP.has(type) && !IMAGES.has(type) && !STACKED.has(type) && !APP_IMAGE.test(type);
}

function groupOf(type: string, device: string, id: string): string {
  if (type === 'zfs') return `zfs ${device.split('/', 1)[0]}`;
  // nas:/export, //nas/share
  const server = /^(?:\/\/[^/]+|\[[^\]]+\]:|[^:/]+:)/.exec(device)?.[0];
  return server === undefined ? id : `${type} ${server}`;
}

/**
 * Who mounts read-only says so of the mount and of the filesystem; a kernel that gives up says it of the filesystem alone
 * (errors=remount-ro, Btrfs), or in a word of its own.
 */
function writing(options: string, ofFilesystem: string): Pick<Mount, 'readonly' | 'failed'> {
  const has = (text: string, ...wanted: readonly string[]): boolean =>
    text.split(',').some((option) => wanted.includes(option));
  const stopped = has(ofFilesystem, 'emergency_ro', 'shutdown');
  const readonly = stopped || has(ofFilesystem, 'ro');
  return {
    readonly: readonly || has(options, 'ro'),
    failed: stopped || (readonly && has(options, 'rw')),
  };
}

interface Candidate extends Mount {
  /** The same for all places where one filesystem is mounted. */
  readonly id: string;
  /** All of the filesystem is here, not one of its folders alone. */
  readonly whole: boolean;
}

/**
 * One mount per filesystem: of several places that show it one that has all of it, then the one with the shortest path;
 * of several mounts on one place the last, which hides the others. `isFile`: what was found to be a bind-mounted file;
 * `chosen`: what its owner says of its mount point, device and type.
 */
export function parseMounts(
  mountinfo: string,
  isFile: (mountpoint: string) => boolean = () => false,
  chosen: Chosen = () => undefined,
): Mount[] {
  const byPlace = new Map<string, Candidate>();
  for (const line of mountinfo.split('\n')) {
    const [left, right] = line.split(' - ');
    if (left === undefined || right === undefined) continue;
    const [, , number = '', inside = '', place = '', options = ''] = left.split(' ');
    const [type = '', source = '', ofFilesystem = ''] = right.split(' ');
    const mountpoint = decode(place);
    const device = decode(source);
    byPlace.delete(mountpoint);
    const wanted = chosen(shownName(mountpoint), shownName(device), type);
    if (!(wanted ?? isData(type, mountpoint, device, options)) || isFile(mountpoint)) continue;
    const id = idOf(type, device) ?? number;
    const whole = inside === '/';
    const remote = !ON_DISK.has(type) && !STACKED.has(type);
    const group = groupOf(type, device, id);
    const { readonly, failed } = writing(options, ofFilesystem);
    const mount = { id, whole, mountpoint, device, type, remote, group, readonly, failed };
    byPlace.set(mountpoint, mount);
  }
  const byId = new Map<string, Candidate>();
  for (const mount of byPlace.values()) {
    const other = byId.get(mount.id);
    if (!other || isBetter(mount, other)) byId.set(mount.id, mount);
  }
  return [...byId.values()].sort((a, b) => (a.mountpoint < b.mountpoint ? -1 : 1));
}

/** What has numbers of its own for each subvolume, or for each mount of one export, goes by its source. */
function idOf(type: string, device: string): string | undefined {
  const bySource =
    type === 'btrfs' || (!type.startsWith('fuse.') && !ON_DISK.has(type) && SHARE.test(device));
  return bySource ? `${type} ${device}` : undefined;
}

function isBetter(mount: Candidate, other: Candidate): boolean {
  if (mount.whole !== other.whole) return mount.whole;
  return mount.mountpoint.length < other.mountpoint.length;
}
