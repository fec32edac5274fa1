import { ProtocolError } from '@openmanager/protocol';
import type { RecordStore } from '@openmanager/store';
import * as v from 'valibot';
import { collection, RecordMap } from '../records/index.ts';

export const tagLimits = { tags: 32, length: 64 } as const;

const tagsSchema: v.GenericSchema<unknown, string[]> = v.pipe(
  v.array(
    v.pipe(
      v.string(),
      v.trim(),
      v.minLength(1),
      v.maxLength(tagLimits.length),
      v.regex(/^\P{Cc}*$/u, 'must be on one line'),
    ),
  ),
  v.maxLength(tagLimits.tags, 'are too many'),
);

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

  of(hostId: string): readonly string[] {
    return this.#map.get(hostId) ?? [];
  }

  /** Hosts that carry tags. */
  all(): readonly { readonly hostId: string; readonly tags: readonly string[] }[] {
    return [...this.#map.entries()].map(([hostId, tags]) => ({ hostId, tags }));
  }

  /** Resolves when they are durable; each tag once, in the order given. */
  async set(hostId: string, input: unknown): Promise<readonly string[]> {
    const parsed = v.safeParse(tagsSchema, input);
    if (!parsed.success)
      throw new ProtocolError('invalid-input', `tags: ${parsed.issues[0].message}`, 'tags');
    const tags = [...new Set(parsed.output)];
    if (tags.length === 0) await this.#map.remove(hostId);
    else await this.#map.put(hostId, tags);
    return tags;
  }

  async remove(hostId: string): Promise<void> {
    if (this.#map.get(hostId)) await this.#map.remove(hostId);
  }
}
