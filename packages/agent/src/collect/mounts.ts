/** /proc/self/mountinfo, filtered to filesystems that hold data. */
import { limits } from '@openmanager/protocol';

export interface Mount {
  readonly mountpoint: string;
  readonly device: string;
  readonly type: string;
  /** On the network. */
  readonly remote: boolean;
  /** Mounts of one group hang together: of one server, of one pool. */
  readonly group: string;
}

const LOCAL = new Set([
  'ext2',
  'ext3',
  'ext4',
  'xfs',
  'btrfs',
  'bcachefs',
  'zfs',
  'f2fs',
  'jfs',
  'reiserfs',
  'nilfs2',
  'vfat',
  'exfat',
  'ntfs',
  'ntfs3',
  'fuseblk',
  'hfsplus',
  'apfs',
  'ufs',
]);
const REMOTE = new Set([
  'nfs',
  'nfs4',
  'cifs',
  'smb3',
  'ceph',
  'glusterfs',
  'lustre',
  '9p',
  'virtiofs',
]);
const REMOTE_FUSE = /^fuse\.(?:sshfs|glusterfs|ceph|s3fs|rclone|gcsfuse|davfs)/;

const OCTAL = /\\([0-7]{3})/g;
const decode = (text: string): string =>
  text.replace(OCTAL, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));

function kindOf(type: string, mountpoint: string): 'local' | 'remote' | undefined {
  if (LOCAL.has(type)) return 'local';
  if (REMOTE.has(type) || REMOTE_FUSE.test(type)) return 'remote';
  // The root of a container is all the disk it sees.
  return type === 'overlay' && mountpoint === '/' ? 'local' : undefined;
}

function groupOf(type: string, device: string, id: string): string {
  if (type === 'zfs') return `zfs ${device.split('/', 1)[0]}`;
  // nas:/export, //nas/share
  const server = /^(?:\/\/[^/]+|\[[^\]]+\]:|[^:/]+:)/.exec(device)?.[0];
  return server === undefined ? id : `${type} ${server}`;
}

/**
 * One mount per filesystem: of several places that show the same device the one with the shortest path, of
 * several mounts on one place the last, which hides the others. `isFile`: what was found to be a bind-mounted file.
 */
export function parseMounts(
  mountinfo: string,
  isFile: (mountpoint: string) => boolean = () => false,
): Mount[] {
  const byPlace = new Map<string, Mount & { id: string }>();
  for (const line of mountinfo.split('\n')) {
    const [left, right] = line.split(' - ');
    if (left === undefined || right === undefined) continue;
    const fields = left.split(' ');
    const [type = '', source = ''] = right.split(' ');
    const mountpoint = decode(fields[4] ?? '');
    byPlace.delete(mountpoint);
    const kind = kindOf(type, mountpoint);
    const device = decode(source);
    if (!kind || mountpoint.length > limits.nameLength || device.length > limits.nameLength)
      continue;
    if (isFile(mountpoint)) continue;
    // Subvolumes of btrfs and datasets mounted twice have numbers of their own but one source.
    const id = type === 'btrfs' || kind === 'remote' ? `${type} ${device}` : (fields[2] ?? device);
    const remote = kind === 'remote';
    const group = groupOf(type, device, id);
    byPlace.set(mountpoint, { id, mountpoint, device, type, remote, group });
  }
  const byDevice = new Map<string, Mount>();
  for (const { id, ...mount } of byPlace.values()) {
    const other = byDevice.get(id);
    if (!other || mount.mountpoint.length < other.mountpoint.length) byDevice.set(id, mount);
  }
  return [...byDevice.values()].sort((a, b) => (a.mountpoint < b.mountpoint ? -1 : 1));
}
