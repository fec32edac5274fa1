import type { MetricKnowledge } from '@openmanager/alerting';
import {
  metricInfo,
  metricOfKey,
  metrics,
  parseSeriesKey,
  ProtocolError,
} from '@openmanager/protocol';

/** Metrics beyond the catalogue that are remembered; a rule about another is warned of though it is judged. */
const SEEN = 10_000;

const catalogue = Object.keys(metrics);

/** The metrics of the catalogue, and those that agents were seen to send since the start. */
export class MetricsSeen implements MetricKnowledge {
  readonly #arrays = new WeakSet<readonly string[]>();
  readonly #attributes = new Map<string, Set<string>>();

  /** Cheap for an array that was noted before. */
  note(keys: readonly string[]): void {
    if (this.#arrays.has(keys)) return;
    this.#arrays.add(keys);
    for (const key of keys) {
      const metric = metricOfKey(key);
      if (isCatalogued(metric)) continue;
      let attributes = this.#attributes.get(metric);
      if (!attributes) {
        if (this.#attributes.size >= SEEN) continue;
        this.#attributes.set(metric, (attributes = new Set()));
      }
      for (const name of attributesOf(key)) attributes.add(name);
    }
  }

  get names(): readonly string[] {
    return [...catalogue, ...this.#attributes.keys()];
  }

  attributes(metric: string): readonly string[] | undefined {
    if (isCatalogued(metric)) return metricInfo(metric).attributes;
    const seen = this.#attributes.get(metric);
    return seen && [...seen];
  }
}

/** One that agents measure, or a fact that the hub notices by itself. */
function isCatalogued(metric: string): boolean {
  return metricInfo(metric).description !== '';
}

function attributesOf(key: string): readonly string[] {
  try {
    return Object.keys(parseSeriesKey(key).attributes);
  } catch (error) {
    if (error instanceof ProtocolError) return [];
    throw error;
  }
}
