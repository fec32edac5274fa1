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

/** The store's engine behind the API. */
export class StoredPromql implements PromqlSource {
  readonly #engine: PromqlEngine;

  constructor(options: PromqlOptions) {
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
    return new Map(
      (Object.keys(metrics) as MetricName[]).map((metric) => [
        exposedName(metric),
        { type: 'gauge', help: metrics[metric].description, unit: unitOf(metric) },
      ]),
    );
  }

  stop(): void {
    this.#engine.stop();
  }
}
