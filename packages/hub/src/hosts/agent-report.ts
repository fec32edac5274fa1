import { metricOfKey, type AgentReport } from '@openmanager/protocol';

export interface NewestValues {
  readonly keys: readonly string[];
  readonly values: Float64Array;
}

type Counted = Exclude<keyof AgentReport, 'memoryOnly'>;

/** Metrics an agent tells of itself, and the field that each adds up to. A key without attributes is the whole. */
const FIELDS: Readonly<Record<string, Counted>> = {
  'openmanager.agent.collect.duration': 'collectMs',
  'openmanager.agent.collect.failures': 'failures',
  'openmanager.agent.not_listed': 'notListed',
  'openmanager.agent.memory.usage': 'memoryBytes',
  'openmanager.agent.spool.size': 'spoolBytes',
  'openmanager.agent.spool.waiting': 'batchesWaiting',
  'openmanager.agent.batches.dropped': 'batchesDropped',
  'openmanager.agent.connections': 'connections',
};
/** Its series by source are parts of the one without. */
const WHOLE_ONLY = 'openmanager.agent.collect.duration';
const MEMORY_ONLY = 'openmanager.agent.spool.memory_only';

/** What the agent said of itself in the newest sample; undefined of one that says nothing. */
export function agentReport(newest: NewestValues | undefined): AgentReport | undefined {
  if (!newest) return undefined;
  const report: Record<Counted, number> = {
    collectMs: 0,
    failures: 0,
    notListed: 0,
    memoryBytes: 0,
    spoolBytes: 0,
    batchesWaiting: 0,
    batchesDropped: 0,
    connections: 0,
  };
  let said = false;
  let memoryOnly = false;
  for (const [at, key] of newest.keys.entries()) {
    if (!key.startsWith('openmanager.agent.')) continue;
    const metric = metricOfKey(key);
    const field = FIELDS[metric];
    const value = newest.values[at];
    if (metric === MEMORY_ONLY) memoryOnly = value === 1;
    if (field === undefined || value === undefined || Number.isNaN(value)) continue;
    if (metric === WHOLE_ONLY && key !== metric) continue;
    report[field] += value;
    said = true;
  }
  return said ? { ...report, memoryOnly } : undefined;
}
