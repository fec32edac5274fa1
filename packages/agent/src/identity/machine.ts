/**
 * Which machine this is, so that a hub notices when a state folder was copied to another one. machine-id(5) asks not to
 * send the machine id itself: what leaves is a hash keyed with it, good for this one purpose.
 */
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';

export interface MachineIdentity {
  readonly machine?: string | undefined;
  readonly boot?: string | undefined;
}

const PURPOSE = 'openmanager-agent';
const FINGERPRINT_DIGITS = 32;

function fingerprint(path: string): string | undefined {
  let id: string;
  try {
    id = readFileSync(path, 'utf8').trim().replaceAll('-', '');
  } catch {
    return undefined;
  }
  // Empty, or "uninitialized" in an image that was not started yet.
  if (!/^[0-9a-f]{32}$/.test(id)) return undefined;
  return createHmac('sha256', Buffer.from(id, 'hex'))
    .update(PURPOSE)
    .digest('hex')
    .slice(0, FINGERPRINT_DIGITS);
}

/** What is not there, as the machine id in most containers, is left out. */
export function machineIdentity(root = ''): MachineIdentity {
  return {
    machine:
      fingerprint(`${root}/etc/machine-id`) ?? fingerprint(`${root}/var/lib/dbus/machine-id`),
    boot: fingerprint(`${root}/proc/sys/kernel/random/boot_id`),
  };
}
