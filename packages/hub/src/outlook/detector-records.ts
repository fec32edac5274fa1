/** Stored snapshots of detectors: one compressed record per host. */
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompressSync } from 'node:zlib';
import type { RecordStore } from '@openmanager/store';
import type { HealthIssues } from '../ports/index.ts';
import { collection, Journal } from '../records/index.ts';
import type { HostSnapshot, SeriesWatch } from './series-watch.ts';

const compress = promisify(zstdCompress);

interface Kept {
  readonly keys: readonly string[];
  readonly judged: readonly number[];
  /** Base64 of zstd. */
  readonly states: string;
  readonly together: string;
}

const detectorRecords = collection<Kept>('detectors');

export class DetectorRecords {
  readonly #records: RecordStore;
  readonly #journal: Journal;

  constructor(records: RecordStore, issues: HealthIssues) {
    this.#records = records;
    this.#journal = new Journal({
      records,
      issues,
      part: 'detectors-kept',
      failure: 'What was learned of the series cannot be stored: a restart would forget it.',
    });
  }

  /** Restores every stored snapshot. */
  async restore(watch: SeriesWatch): Promise<void> {
    for (const [hostId, kept] of await detectorRecords.entries(this.#records))
      watch.restore(hostId, snapshotOf(kept));
  }

  /** Host by host, so that a stop that is cut short has stored some; the rest waits while the store fails. */
  async save(watch: SeriesWatch, hostIds: readonly string[]): Promise<void> {
    for (const hostId of hostIds) {
      const snapshot = watch.snapshot(hostId);
      if (!snapshot) continue;
      this.#journal.write([detectorRecords.put(hostId, await keptOf(snapshot))]);
      try {
        await this.#journal.flush();
      } catch {
        return;
      }
    }
  }

  /** Resolves when it is durable. */
  async remove(hostId: string): Promise<void> {
    this.#journal.write([detectorRecords.remove(hostId)]);
    await this.#journal.flush();
  }
}

async function keptOf({ keys, judged, states, together }: HostSnapshot): Promise<Kept> {
  const [packed, packedTogether] = await Promise.all([compress(states), compress(together)]);
  return {
    keys,
    judged,
    states: packed.toString('base64'),
    together: packedTogether.toString('base64'),
  };
}

function snapshotOf({ keys, judged, states, together }: Kept): HostSnapshot {
  const unpacked = (text: string): Buffer => zstdDecompressSync(Buffer.from(text, 'base64'));
  return { keys, judged, states: unpacked(states), together: unpacked(together) };
}
