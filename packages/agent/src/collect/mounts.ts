/** /proc/self/mountinfo, filtered to filesystems that hold data. */
import { statSync } from 'node:fs';
import { limits } from '@openmanager/protocol';

export interface Mount {
  readonly mountpoint: string;
  readonly device: string;
  readonly type: string;
  /** On the network: may hang for minutes when its server is away. */
  readonly remote: boolean;
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

/** A bind-mounted file, as containers have for /etc/hosts, is no filesystem of its own. */
function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/**
 * One mount per filesystem: of several places that show the same device the one with the shortest path, of
 * several mounts on one place the last, which hides the others.
 */
export function parseMounts(mountinfo: string, root = ''): Mount[] {
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
    if (kind === 'local' && !isFolder(root + mountpoint)) continue;
    // Subvolumes of btrfs and datasets mounted twice have numbers of their own but one source.
    const id = type === 'btrfs' || kind === 'remote' ? `${type} ${device}` : (fields[2] ?? device);
    byPlace.set(mountpoint, { id, mountpoint, device, type, remote: kind === 'remote' });
  }
  const byDevice = new Map<string, Mount>();
  for (const { id, ...mount } of byPlace.values()) {
    const other = byDevice.get(id);
    if (!other || mount.mountpoint.length < other.mountpoint.length) byDevice.set(id, mount);
  }
  return [...byDevice.values()].sort((a, b) => (a.mountpoint < b.mountpoint ? -1 : 1));
}
