import { platform } from 'node:os';
import type { Log } from '../log.ts';
import type { ChoiceEntries } from './choices.ts';
import type { Collector } from './collector.ts';

/** The collector for this machine. Only what this system needs is loaded. */
export async function localCollector(
  options: ChoiceEntries & { readonly log?: Log } = {},
): Promise<Collector> {
  if (platform() === 'linux') {
    const { LinuxCollector } = await import('./linux.ts');
    return new LinuxCollector(options);
  }
  const { PortableCollector } = await import('./portable.ts');
  return await PortableCollector.open();
}
