import type { HostInfo } from '@openmanager/protocol';
import type { RecordStore } from '@openmanager/store';
import type { HealthIssues } from '../ports/index.ts';
import { collection, RecordMap } from '../records/index.ts';
import type { HostNameBook } from './host-names.ts';

const PART = 'hosts';
const hostRecords = collection<HostInfo>('hosts');

export interface HostRegistryOptions {
  readonly records: RecordStore;
  readonly issues: HealthIssues;
  readonly names: HostNameBook;
}

/** Hosts as their agents described them last; survives restarts, so that offline hosts stay known. */
export class HostRegistry {
  readonly #map: RecordMap<HostInfo>;
  readonly #issues: HealthIssues;
  readonly #names: HostNameBook;

  private constructor(map: RecordMap<HostInfo>, { issues, names }: HostRegistryOptions) {
    this.#map = map;
    this.#issues = issues;
    this.#names = names;
    // Who was known first keeps the name, where two of before have the same.
    const oldest = [...map.values()].toSorted((a, b) => a.firstSeenMs - b.firstSeenMs);
    for (const info of oldest) this.put(info);
  }

  static async open(options: HostRegistryOptions): Promise<HostRegistry> {
    return new HostRegistry(await RecordMap.open(options.records, hostRecords), options);
  }

  all(): readonly HostInfo[] {
    return [...this.#map.values()];
  }

  get(hostId: string): HostInfo | undefined {
    return this.#map.get(hostId);
  }

  /**
   * Answers the host with the name it goes by. Written in the background: the agent tells all of it again at its next
   * connection.
   */
  put(told: HostInfo): HostInfo {
    const { hostId, facts } = told;
    const hostname = this.#names.claim(hostId, facts.hostname);
    const info = hostname === facts.hostname ? told : { ...told, facts: { ...facts, hostname } };
    if (info === this.#map.get(hostId)) return info;
    this.#map.put(hostId, info).then(
      () => this.#issues.clear(PART),
      () => this.#issues.set(PART, 'Facts about hosts cannot be stored.'),
    );
    return info;
  }

  async remove(hostId: string): Promise<void> {
    await this.#map.remove(hostId);
    this.#names.delete(hostId);
  }
}
