import type { HostTags as TagsOfHost } from '@openmanager/protocol';
import type { RecordStore } from '@openmanager/store';
import { collection, RecordMap } from '../records/index.ts';

const none: readonly string[] = [];
const tagRecords = collection<readonly string[]>('host-tags');

/** Tags of hosts, given by people, by which rules select hosts. */
export class HostTags {
  readonly #map: RecordMap<readonly string[]>;

  private constructor(map: RecordMap<readonly string[]>) {
    this.#map = map;
  }

  static async open(records: RecordStore): Promise<HostTags> {
    return new HostTags(await RecordMap.open(records, tagRecords));
  }

  /** The same array for as long as nothing changed. */
  of(hostId: string): readonly string[] {
    return this.#map.get(hostId) ?? none;
  }

  /** Hosts that carry tags. */
  all(): readonly TagsOfHost[] {
    return [...this.#map.entries()].map(([hostId, tags]) => ({ hostId, tags }));
  }

  /** Resolves when they are durable; each tag once, in the order given. */
  async set(hostId: string, given: readonly string[]): Promise<readonly string[]> {
    const tags = [...new Set(given)];
    if (tags.length === 0) await this.#map.remove(hostId);
    else await this.#map.put(hostId, tags);
    return tags;
  }

  async remove(hostId: string): Promise<void> {
    if (this.#map.get(hostId)) await this.#map.remove(hostId);
  }
}
