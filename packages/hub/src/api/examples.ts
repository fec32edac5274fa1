/** Examples in the OpenAPI document; a test holds them to the schemas of their routes. */
import type {
  AlertFactsEntry,
  BacktestAnswer,
  NotificationEntry,
  Routing,
  Rule,
  Silence,
  SilenceInput,
} from '@openmanager/alerting';
import type { PushSubscription, ReceiverInfo, ReceiverInput } from '@openmanager/alerting';
import type {
  AgentInfo,
  Alert,
  Anomaly,
  ApiToken,
  Enrolled,
  EnrolmentCode,
  EnrolRequest,
  Health,
  History,
  HostSummary,
  HostTags,
  HubEvent,
  Outlook,
  RuleInfo,
  Session,
  StorageFigures,
  SystemStatus,
  TargetRef,
} from '@openmanager/protocol';
import type { Labels, QueryResult } from './promql-answers.ts';

const AT = 1_764_547_200_000;
const MINUTE = 60_000;
const HOUR = 3_600_000;
const hostId = 'k3v9q2m8x1ab';
const hostname = 'web-1';

export const seriesKey = 'system.cpu.utilization';

export const session: Session = { name: 'admin', role: 'admin', hasPassword: true };

export const apiToken: ApiToken = {
  tokenId: 't5h2c8w0p4zd',
  name: 'grafana',
  createdAtMs: AT,
  lastUsedAtMs: AT + HOUR,
};

export const agent: AgentInfo = {
  agentId: hostId,
  hostname,
  connected: true,
  enrolledAtMs: AT,
  lastSeenAtMs: AT + HOUR,
  agentVersion: '0.1.0',
  demo: false,
  report: {
    collectMs: 6.2,
    failures: 0,
    notListed: 0,
    memoryBytes: 58_720_256,
    spoolBytes: 0,
    batchesWaiting: 0,
    memoryOnly: false,
    batchesDropped: 0,
    connections: 1,
  },
};
export const enrolmentCode: EnrolmentCode = {
  code: 'K7QM-2XWD-9RTB-4HNP',
  expiresAtMs: AT + 15 * MINUTE,
};
export const enrolRequest: EnrolRequest = { code: enrolmentCode.code, hostname };
export const enrolled: Enrolled = { agentId: hostId, key: 'oma_5Zt8yR1vK3wQ' };

export const host: HostSummary = {
  hostId,
  facts: {
    hostname,
    os: 'linux',
    osName: 'Debian GNU/Linux 12',
    kernel: '6.1.0-18-amd64',
    arch: 'x64',
    cpuModel: 'AMD EPYC 7763',
    cpuCount: 4,
    memoryBytes: 8_321_499_136,
    timeZone: 'Asia/Seoul',
    agentVersion: '0.1.0',
    demo: false,
  },
  clockOffsetMs: 3,
  clockSkewed: false,
  intervalMs: 5_000,
  firstSeenMs: AT,
  status: 'online',
  priority: 'medium',
  lastSampleAtMs: AT + HOUR,
  metrics: { cpu: 0.31, memory: 0.62 },
};
const target: TargetRef = { id: hostId, kind: 'host', name: hostname };
export const hostTags: HostTags = { hostId, tags: ['web', 'seoul'] };
export const history: History = {
  keys: [seriesKey],
  timesMs: [AT, AT + MINUTE],
  columns: [[0.31, null]],
  stepMs: MINUTE,
};

export const anomaly: Anomaly = {
  id: 'a-1764547200000-1',
  target,
  key: seriesKey,
  timeMs: AT,
  value: 0.93,
  lower: 0.1,
  upper: 0.55,
  score: 0.86,
  reason: { code: 'jump', direction: 'high', expected: 0.32, factor: 6.1, value: 0.93 },
};
export const outlook: Outlook = {
  band: { timesMs: [AT], lower: [0.1], upper: [0.55] },
  anomalies: [anomaly],
  forecast: null,
  refusal: 'not-enough-history',
};

export const alert: Alert = {
  id: `cpu-high ${hostId} ${seriesKey}`,
  ruleId: 'cpu-high',
  target,
  severity: 'warning',
  state: 'firing',
  metric: seriesKey,
  attributes: {},
  value: 0.91,
  threshold: 0.85,
  activeAtMs: AT,
  firedAtMs: AT + MINUTE,
  sampleTimeMs: AT + 2 * MINUTE,
  summary: 'web-1: CPU at 91 %, above 85 %',
};
export const facts: AlertFactsEntry = {
  alertId: alert.id,
  acknowledged: { author: 'admin', note: 'on it', atMs: AT + 2 * MINUTE },
  silencedBy: [],
  inhibitedBy: [],
};
export const rule: Rule = {
  ruleId: 'disk-soon-full',
  kind: 'above',
  metric: 'system.filesystem.utilization',
  scope: 'each',
  threshold: 0.9,
  clear: 0.85,
  forMs: 5 * MINUTE,
  severity: 'warning',
};
export const ruleInfo: RuleInfo = {
  ruleId: rule.ruleId,
  metric: 'system.filesystem.utilization',
  condition: 'above',
  threshold: 0.9,
  clear: 0.85,
  forMs: 5 * MINUTE,
  severity: 'warning',
};
export const backtest: BacktestAnswer = {
  fromMs: AT - 24 * HOUR,
  toMs: AT,
  targets: 1,
  stepMs: MINUTE,
  fires: [
    {
      target,
      attributes: { 'system.filesystem.mountpoint': '/' },
      firedAtMs: AT - 2 * HOUR,
      resolvedAtMs: AT - HOUR,
      summary: 'web-1: / at 91 %, above 90 %',
    },
  ],
  fireCount: 1,
  flaps: 0,
  firingMs: HOUR,
  suggestion: null,
};

export const silenceInput: SilenceInput = {
  matchers: [{ name: 'host', op: '=', value: hostname }],
  reason: 'maintenance',
  endsAtMs: AT + HOUR,
};
export const silence: Silence = {
  ...silenceInput,
  silenceId: '6f1c1f7e-9a55-4c57-8d0e-0b8f7c1f2a31',
  author: 'admin',
  createdAtMs: AT,
  startsAtMs: AT,
};

export const receiverInput: ReceiverInput = {
  kind: 'webhook',
  url: 'https://example.org/hook',
  secret: 'signs each body',
};
export const receiver: ReceiverInfo = {
  receiverId: 'ops',
  settings: { kind: 'webhook' },
  secretsSet: ['url', 'secret'],
  origin: 'https://example.org',
};
export const routing: Routing = {
  route: {
    receivers: ['browsers'],
    routes: [
      {
        match: [{ name: 'severity', op: '=', value: 'critical' }],
        receivers: ['ops'],
        continue: true,
      },
    ],
  },
  inhibitions: [],
  allowHosts: [],
};
export const notification: NotificationEntry = {
  entryId: '0001764547200000 4f1c9a7e2b3d5608 1',
  key: '9a7e2b3d56084f1c',
  receiver: 'ops',
  groupLabels: { hostId },
  reason: 'new',
  status: 'firing',
  outcome: 'delivered',
  answer: '200 ok',
  attempts: 1,
  firstAtMs: AT,
  atMs: AT,
  alertCount: 1,
  alerts: [
    {
      id: alert.id,
      ruleId: alert.ruleId,
      targetName: hostname,
      state: alert.state,
      summary: alert.summary,
    },
  ],
};
export const pushKey =
  'BEl62iUYgUivxIkv69yViEuiBIa-Ib9-SkvMeAtA3LFgDzkrxZJjSgSnfckjBJuBkr3qBUYIHBQFLXYp5Nksh8U';
export const pushSubscription: PushSubscription = {
  endpoint: 'https://push.example.org/1',
  keys: { p256dh: pushKey, auth: 'tBHItJI5svbpez7KI4CCXg' },
};

export const event: HubEvent = {
  id: 42,
  timeMs: AT,
  kind: 'batches-lost',
  target,
  detail: { lost: 3 },
};

export const health: Health = {
  status: 'ok',
  version: '0.1.0',
  uptimeSeconds: 3_600,
  problems: [],
  parts: [],
};
export const status: SystemStatus = {
  version: '0.1.0',
  startedAtMs: AT,
  timeMs: AT + HOUR,
  hosts: { online: 12, stale: 0, offline: 1 },
  agentsConnected: 12,
  clientsConnected: 3,
  samplesPerSecond: 192,
  samplesStored: 691_200,
  storeBytes: 1_048_576,
  commitMs: { p50: 2, p99: 9 },
  deliveryMs: { p50: 11, p99: 38 },
  eventLoopMaxMs: 21,
  rssBytes: 98_566_144,
  lag: {
    loop: { p50: 0.4, p99: 12 },
    queue: { p50: 1.2, p99: 8 },
    evaluation: { p50: 0.1, p99: 0.6 },
    sweep: { p50: 140, p99: 210 },
  },
  behind: false,
  missedMs: 0,
  framesSent: 10_800,
  bytesSent: 10_584_000,
  dropped: {
    batchesLost: 0,
    batchesLostByHub: 0,
    batchesRejected: 0,
    duplicates: 0,
    rowsRepeated: 0,
    seriesLeftOut: 0,
    connectionsRefused: 0,
    agentsDeferred: 0,
    framesCoalesced: 4,
  },
  slowClients: {
    lagging: 0,
    evicted: 0,
    worst: [
      {
        id: 'Vn2kQ5xT1wZ7rB4AAAB',
        subject: 'admin',
        address: '192.0.2.7',
        connectedAtMs: AT,
        lagging: false,
        framesCoalesced: 4,
        heldBytes: 0,
      },
    ],
  },
};
export const storage: StorageFigures = {
  hosts: 13,
  series: 1_040,
  samplesStored: 691_200,
  rowsRepeated: 0,
  bytesOnDisk: 1_048_576,
  bytesExpected: 734_003_200,
  tiers: [
    {
      bucketMs: 0,
      retentionMs: 7 * 24 * HOUR,
      chunks: 480,
      bytes: 711_680,
      oldestMs: AT,
      newestMs: AT + HOUR,
    },
  ],
  damaged: 0,
  lateDropped: 0,
};

const labels: Labels = {
  __name__: 'system_cpu_utilization_ratio',
  host: hostId,
  instance: hostname,
  job: 'openmanager',
};
interface Success<T> {
  readonly status: 'success';
  readonly data: T;
}
export const promqlVector: Success<QueryResult> = {
  status: 'success',
  data: { resultType: 'vector', result: [{ metric: labels, value: [AT / 1000, '0.31'] }] },
};
export const promqlMatrix: Success<QueryResult> = {
  status: 'success',
  data: {
    resultType: 'matrix',
    result: [{ metric: labels, values: [[AT / 1000, '0.31']] }],
  },
};
export const promqlSeries: Success<readonly Labels[]> = { status: 'success', data: [labels] };
export const promqlMetadata: Success<
  Readonly<
    Record<
      string,
      readonly { readonly type: 'gauge'; readonly help: string; readonly unit: string }[]
    >
  >
> = {
  status: 'success',
  data: {
    system_cpu_utilization_ratio: [
      { type: 'gauge', help: 'Share of CPU time in use.', unit: 'ratio' },
    ],
  },
};
