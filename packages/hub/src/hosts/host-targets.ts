import { targetOfHost, type HostInfo, type Target } from '@openmanager/protocol';
import type { HostRegistry } from './host-registry.ts';
import type { HostTags } from './host-tags.ts';

interface Made {
  readonly info: HostInfo;
  readonly tags: readonly string[];
  readonly target: Target;
}

/** Hosts as targets; the same object for as long as nothing changed, which whoever sees each sample relies on. */
export class HostTargets {
  readonly #registry: Pick<HostRegistry, 'get'>;
  readonly #tags: Pick<HostTags, 'of'>;
  readonly #made = new Map<string, Made>();

  constructor(registry: Pick<HostRegistry, 'get'>, tags: Pick<HostTags, 'of'>) {
    this.#registry = registry;
    this.#tags = tags;
  }

  get(hostId: string): Target | undefined {
    const info = this.#registry.get(hostId);
    if (!info) {
      this.#made.delete(hostId);
      return undefined;
    }
    const tags = this.#tags.of(hostId);
    const made = this.#made.get(hostId);
    if (made?.info === info && made.tags === tags) return made.target;
    const target = targetOfHost(info, tags);
    this.#made.set(hostId, { info, tags, target });
    return target;
  }
}
