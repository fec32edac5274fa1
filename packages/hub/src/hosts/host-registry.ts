import type { HostInfo } from '@openmanager/protocol';
import type { RecordStore } from '@openmanager/store';
import { RecordMap } from '../auth/index.ts';
import type { Problems } from '../ports/health-issues.ts';

const PART = 'hosts';

/** Hosts as their agents described them last; survives restarts, so that offline hosts stay known. */
export class HostRegistry {
  readonly #map: RecordMap<HostInfo>;
  readonly #problems: Problems;

  private constructor(map: RecordMap<HostInfo>, problems: Problems) {
    this.#map = map;
    this.#problems = problems;
  }

  static async open(records: RecordStore, problems: Problems): Promise<HostRegistry> {
    return new HostRegistry(await RecordMap.open<HostInfo>(records, 'hosts'), problems);
  }

  all(): readonly HostInfo[] {
    return [...this.#map.values()];
  }

  get(hostId: string): HostInfo | undefined {
    return this.#map.get(hostId);
  }

  hostname(hostId: string): string | undefined {
    return this.#map.get(hostId)?.facts.hostname;
  }

  /** Written in the background: the agent tells all of it again at its next connection. */
  put(info: HostInfo): void {
    this.#map.put(info.hostId, info).then(
      () => this.#problems.clear(PART),
      () => this.#problems.set(PART, 'Facts about hosts cannot be stored.'),
    );
  }

  async remove(hostId: string): Promise<void> {
    await this.#map.remove(hostId);
  }
}
