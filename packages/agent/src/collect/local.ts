import { platform } from 'node:os';
import type { Collector } from './collector.ts';

/** The collector for this machine. Only what this system needs is loaded. */
export async function localCollector(): Promise<Collector> {
  if (platform() === 'linux') {
    const { LinuxCollector } = await import('./linux.ts');
    return new LinuxCollector();
  }
  const { PortableCollector } = await import('./portable.ts');
  return await PortableCollector.open();
}
