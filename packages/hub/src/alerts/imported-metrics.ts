import type { Rule } from '@openmanager/alerting';
import { invalidField, metricOfKey } from '@openmanager/protocol';
import { IMPORTED_HOSTS, type MetricStore, type RecordStore } from '@openmanager/store';
import type { KnownHosts } from '../ports/index.ts';
import type { MetricsSeen } from './metrics-seen.ts';

export interface ImportedMetricsOptions {
  readonly history: Pick<MetricStore, 'series'>;
  readonly records: Pick<RecordStore, 'entries'>;
  readonly hosts: Pick<KnownHosts, 'isExpected'>;
  readonly seen: MetricsSeen;
}

/**
 * Metrics that are in the history of hosts without an agent: they were imported. Rules judge what agents send as it comes,
 * so that one about such a metric would never say anything.
 */
export class ImportedMetrics {
  readonly #options: ImportedMetricsOptions;

  constructor(options: ImportedMetricsOptions) {
    this.#options = options;
  }

  /** Throws `invalid-input` for a rule about a metric that was only imported. */
  async refuse(rules: readonly Rule[]): Promise<void> {
    const { seen } = this.#options;
    for (const rule of rules) {
      if (rule.kind === 'absent' || seen.attributes(rule.metric)) continue;
      if (await this.#isImported(rule.metric))
        throw invalidField(
          'metric',
          `is known from an import only: no agent sends “${rule.metric}”, so the rule “${rule.ruleId}” would never judge it`,
        );
    }
  }

  async #isImported(metric: string): Promise<boolean> {
    const { history, records, hosts } = this.#options;
    for (const [hostId] of await records.entries(IMPORTED_HOSTS)) {
      if (hosts.isExpected(hostId)) continue;
      // The series of one host at a time, and only for a metric that nobody knows.
      const keys = await history.series(hostId);
      if (keys.some((key) => metricOfKey(key) === metric)) return true;
    }
    return false;
  }
}
