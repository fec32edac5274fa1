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

  readonly #unsaved = new Set<string>();

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

  /** Answers the host with the name it goes by. Written in the background. */
  put(told: HostInfo): HostInfo {
    const { hostId, facts } = told;
    const hostname = this.#names.claim(hostId, facts.hostname);
    const info = hostname === facts.hostname ? told : { ...told, facts: { ...facts, hostname } };
    if (info !== this.#map.get(hostId)) this.#store(info);
    return info;
  }

  /** Writes again what could not be stored; to be called now and then. */
  retry(): void {
    for (const hostId of this.#unsaved) {
      const info = this.#map.get(hostId);
      this.#unsaved.delete(hostId);
      if (info) this.#store(info);
    }
  }

  #store(info: HostInfo): void {
    void this.#map.hold([[info.hostId, info]]).then((isStored) => {
      if (!isStored) this.#unsaved.add(info.hostId);
      if (this.#unsaved.size === 0) this.#issues.clear(PART);
      else this.#issues.set(PART, 'Facts about hosts cannot be stored.');
    });
  }

  async remove(hostId: string): Promise<void> {
    await this.#map.remove(hostId);
    this.#names.delete(hostId);
  }
}
