import { silenceLimits, type Silence } from '@openmanager/alerting';
import { invalidField, ProtocolError } from '@openmanager/protocol';
import type { RecordStore } from '@openmanager/store';
import { collection, RecordMap } from '../records/index.ts';

const silenceRecords = collection<Silence>('alert-silences');

export class SilenceSettings {
  readonly #stored: RecordMap<Silence>;

  private constructor(stored: RecordMap<Silence>) {
    this.#stored = stored;
  }

  static async open(records: RecordStore): Promise<SilenceSettings> {
    return new SilenceSettings(await RecordMap.open(records, silenceRecords));
  }

  all(): readonly Silence[] {
    return [...this.#stored.values()];
  }

  async put(silence: Silence): Promise<void> {
    const { silenceId } = silence;
    if (!this.#stored.get(silenceId) && this.#stored.size >= silenceLimits.silences)
      throw invalidField('silenceId', 'there are too many silences');
    await this.#stored.commit([[silenceId, silence]]);
  }

  async remove(silenceId: string): Promise<void> {
    if (!this.#stored.get(silenceId)) throw new ProtocolError('not-found');
    await this.#stored.commit([[silenceId, undefined]]);
  }
}
