import { metrics, type MetricName } from '@openmanager/protocol';
import { PromqlEngine, PromqlError, type PromqlOptions } from '@openmanager/promql';
import { exposedName, unitOf } from '@openmanager/store';
import {
  PromqlFailure,
  type PromqlMetadata,
  type PromqlOrder,
  type PromqlQuestion,
  type PromqlSource,
} from '../ports/index.ts';

export interface StoredPromqlOptions extends PromqlOptions {
  /** What imports said of their metrics. */
  readonly importedMetrics: () => ReadonlyMap<string, PromqlMetadata>;
}

/** The store's engine behind the API. */
export class StoredPromql implements PromqlSource {
  readonly #engine: PromqlEngine;
  readonly #imported: () => ReadonlyMap<string, PromqlMetadata>;

  constructor(options: StoredPromqlOptions) {
    this.#imported = options.importedMetrics;
    this.#engine = new PromqlEngine(options);
  }

  async ask(question: PromqlQuestion, order: PromqlOrder): Promise<Uint8Array> {
    try {
      return await this.#engine.ask(question, order);
    } catch (error) {
      throw error instanceof PromqlError ? new PromqlFailure(error.type, error.message) : error;
    }
  }

  metadata(): ReadonlyMap<string, PromqlMetadata> {
    return new Map<string, PromqlMetadata>([
      ...this.#imported(),
      ...(Object.keys(metrics) as MetricName[]).map((metric): [string, PromqlMetadata] => [
        exposedName(metric),
        { type: 'gauge', help: metrics[metric].description, unit: unitOf(metric) },
      ]),
    ]);
  }

  stop(): void {
    this.#engine.stop();
  }
}
