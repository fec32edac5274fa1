/** Btrfs filesystems, from /sys/fs/btrfs: errors and absence of devices, and what is set aside for data and metadata. */
import { seriesKey } from '@openmanager/protocol';
import { MINUTE_MS } from '@openmanager/protocol/durations';
import { namesIn, numberIn, nameIn, textIn } from './kernel-folder.ts';
import type { Add, Reader } from './readings.ts';
import { cutName } from './raw-name.ts';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const BLOCK_GROUPS = ['data', 'metadata', 'system'] as const;
/** As in `error_stats`, and without the suffix in the series. */
const ERRORS = [
  'write_errs',
  'read_errs',
  'flush_errs',
  'corruption_errs',
  'generation_errs',
] as const;
const FILESYSTEMS = 16;
const DEVICES = 32;

/** `write_errs 0`, a line for each kind. */
function errorsOf(text: string): ReadonlyMap<string, number> {
  return new Map(
    text.split('\n').map((line) => {
      const [name = '', count] = line.split(' ');
      return [name, Number(count)] as const;
    }),
  );
}

function readFilesystem(own: string, name: string, add: Add): number {
  for (const group of BLOCK_GROUPS) {
    const attributes = { 'btrfs.filesystem': name, 'btrfs.block_group': group };
    const used = numberIn(`${own}/allocation/${group}/bytes_used`);
    if (Number.isNaN(used)) continue;
    add(seriesKey('system.linux.btrfs.usage', attributes), used);
    add(
      seriesKey('system.linux.btrfs.limit', attributes),
      numberIn(`${own}/allocation/${group}/total_bytes`),
    );
  }
  // Since Linux 5.6; error_stats since 5.14.
  const devices = namesIn(`${own}/devinfo`);
  const missing = devices.map((id) => numberIn(`${own}/devinfo/${id}/missing`));
  if (devices.length > 0)
    add(
      seriesKey('system.linux.btrfs.device.missing', { 'btrfs.filesystem': name }),
      missing.filter((one) => one === 1).length,
    );
  for (const id of devices.slice(0, DEVICES)) {
    const text = textIn(`${own}/devinfo/${id}/error_stats`);
    if (text === undefined) continue;
    const errors = errorsOf(text);
    for (const type of ERRORS) {
      const count = errors.get(type);
      if (count !== undefined)
        add(
          seriesKey('system.linux.btrfs.device.errors', {
            'btrfs.filesystem': name,
            'btrfs.device': id,
            'error.type': type.slice(0, -'_errs'.length),
          }),
          count,
        );
    }
  }
  return Math.max(0, devices.length - DEVICES);
}

export function btrfsReader(root: string): Reader {
  const folder = `${root}/sys/fs/btrfs`;
  let notListed = 0;
  return {
    everyMs: MINUTE_MS,
    get notListed() {
      return notListed;
    },
    read(add) {
      const found = namesIn(folder).filter((name) => UUID.test(name));
      const labels = found.map((uuid) => nameIn(`${folder}/${uuid}/label`) ?? '');
      notListed = Math.max(0, found.length - FILESYSTEMS);
      for (const [at, uuid] of found.slice(0, FILESYSTEMS).entries()) {
        const label = cutName(labels[at] as string);
        const known = label !== '' && labels.filter((other) => other === label).length === 1;
        notListed += readFilesystem(`${folder}/${uuid}`, known ? label : uuid, add);
      }
    },
  };
}
