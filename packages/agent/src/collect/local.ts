import { platform } from 'node:os';
import { AgentError } from '../agent-error.ts';
import type { Log } from '../log.ts';
import type { ChoiceEntries } from './choices.ts';
import type { Collector } from './collector.ts';

/** The collector for this machine. Only what this system needs is loaded. */
export async function localCollector(
  options: ChoiceEntries & { readonly log?: Log } = {},
): Promise<Collector> {
  if (platform() === 'linux') {
    const { ThreadedCollector } = await import('./threaded.ts');
    return await ThreadedCollector.open(options);
  }
  if ((options.include?.length ?? 0) + (options.exclude?.length ?? 0) > 0)
    throw new AgentError(
      'invalid-option',
      'What is collected can be chosen on Linux only.',
      'Leave --include and --exclude out.',
    );
  const { PortableCollector } = await import('./portable.ts');
  return await PortableCollector.open();
}
