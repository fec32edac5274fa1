/** Bounds checked before anything is allocated. Both sides know them; each has a test that reaches it. */
export const limits = {
  /** Bytes of one agent message, text or binary. */
  agentMessageBytes: 262_144,
  /** Series in one series set. */
  seriesPerSet: 10_000,
  /** Series sets an agent may declare on one connection. */
  setsPerConnection: 64,
  /** Rows × columns of one batch. */
  valuesPerBatch: 200_000,
  /** Batches an agent may have unacknowledged in flight. */
  batchesInFlight: 16,
  /** Ranges of batches that the hub has beyond what it has without a hole, per agent. */
  receivedRanges: 64,
  /** Bytes of one message from a dashboard client. */
  clientMessageBytes: 65_536,
  /** Topics one client may hold. */
  subscriptionsPerClient: 64,
  /** Hosts of one channel. */
  hosts: 100_000,
  /** Hosts, and metrics, that one subscription may name. */
  selection: 1_000,
  /** A client acknowledges this long after the first frame it has not acknowledged, at the latest. */
  acknowledgeMs: 5_000,
  /** And at once when this many bytes are not acknowledged. */
  acknowledgeBytes: 65_536,
  /** Bytes of one frame a client accepts. */
  frameBytes: 16_777_216,
  /** UTF-16 units of a metric name, attribute key or attribute value. */
  nameLength: 255,
  /** Attributes of one series. */
  attributesPerSeries: 16,
  /** UTF-16 units of a target's id. */
  targetIdLength: 128,
  labelsPerTarget: 64,
  /** Ancestors of a target that are looked at. */
  targetDepth: 8,
  /** Matchers that must hold together, and UTF-16 units of one's value. */
  matchers: 32,
  matcherLength: 1_000,
  /** `*` in one matcher's value. */
  matcherStars: 64,
  /** Rows of the process table. */
  processRows: 50,
  /** Anomalies and forecasts of a host that are told on its topic. */
  outlookAnomalies: 20,
  outlookForecasts: 50,
  /** Points of one series in a history answer. */
  historyPoints: 10_000,
  /** Series in a history answer. */
  historySeries: 500,
} as const;
