import type {
  AgentInfo,
  Alert,
  Anomaly,
  ApiToken,
  CreatedToken,
  Enrolled,
  EnrolmentCode,
  HealthStatus,
  HubEvent,
  ProtocolError,
  RuleInfo,
  Session,
  StorageFigures,
  TargetLookup,
} from '@openmanager/protocol';
import type { Logger } from 'pino';
import type {
  AlertDesk,
  Authenticator,
  Authorize,
  Connections,
  HistoryJson,
  HistorySource,
  HistoryTransfer,
  HostDirectory,
  OutlookSource,
  PromqlSource,
  RemoteDelivery,
  ReplaySource,
  StatusSource,
  Subject,
} from '../ports/index.ts';

export type UserSubject = Extract<Subject, { kind: 'user' }>;

/** Signing in, tokens and codes. */
export interface Accounts extends Authenticator {
  readonly sessionLifetimeMs: number;
  /** Throws `setup-link-used`. */
  signInByLink(token: string): Promise<{ readonly session: Session; readonly token: string }>;
  /** Throws `wrong-credentials` or `too-many-requests`. */
  logIn(
    name: string,
    password: string,
    address: string,
  ): Promise<{ readonly session: Session; readonly token: string }>;
  logOut(subject: UserSubject): Promise<void>;
  session(subject: UserSubject): Session;
  /** Throws `wrong-credentials` or `password-too-weak`. */
  changePassword(
    subject: UserSubject,
    current: string | undefined,
    password: string,
  ): Promise<void>;
  listTokens(): ApiToken[];
  /** Throws `already-exists`. */
  createToken(name: string): Promise<CreatedToken>;
  /** Throws `not-found`. */
  revokeToken(tokenId: string): Promise<void>;
  createCode(): Promise<EnrolmentCode>;
  /** Throws `code-expired`. */
  enrol(code: string, hostname: string): Promise<Enrolled>;
}

/** What the API reads and asks for; `app` fills it with the parts. */
export interface ApiContext {
  readonly auth: Accounts;
  readonly authorize: Authorize;
  readonly hosts: HostDirectory;
  /** With its labels. */
  readonly target: TargetLookup;
  readonly history: HistorySource & HistoryJson;
  readonly replay: ReplaySource;
  readonly outlooks: Pick<OutlookSource, 'series'>;
  readonly promql: PromqlSource;
  readonly transfer: HistoryTransfer;
  /** Undefined without a cluster store. */
  readonly remote: RemoteDelivery | undefined;
  readonly status: StatusSource;
  /** What history takes on disk, by tier; looks at every chunk. */
  storage(): Promise<StorageFigures>;
  readonly connections: Connections;
  /** The hub's clock is right although it jumped. */
  trustClock(): Promise<void>;
  readonly log: Logger;
  readonly version: string;
  /** Exact origins of other pages that may read the API with a token. */
  readonly allowOrigins: readonly string[];
  /** Folder of the built dashboard, if there is one. */
  readonly dashboardFolder: string | undefined;
  /** An error of another part as the one to tell; undefined when it is not expected. */
  knownError(error: unknown): ProtocolError | undefined;
  uptimeSeconds(): number;
  health(): HealthStatus;
  problems(): readonly string[];
  /** What each of them is about. */
  problemParts(): readonly string[];
  agents(): readonly AgentInfo[];
  alerts(): readonly Alert[];
  /** Resolved alerts, newest first. */
  alertHistory(limit: number, beforeMs: number | undefined): Promise<readonly Alert[]>;
  rules(): readonly RuleInfo[];
  readonly alertDesk: AlertDesk;
  /** Newest first. */
  anomalies(limit: number): readonly Anomaly[];
  anomaly(id: string): Anomaly | undefined;
  /** "This is normal", and the opposite; throws `not-found`. */
  judgeAnomaly(id: string, isNormal: boolean, subject: Subject): Anomaly;
  /** Newest first. */
  events(limit: number, beforeId: number | undefined): readonly HubEvent[];
  /** Series keys ever stored for a host; throws `not-found`. */
  series(hostId: string): Promise<readonly string[]>;
  /** Forgets a host and revokes its agent; throws `not-found`. */
  removeHost(hostId: string): Promise<void>;
  /** Revokes an agent and cuts its connection; its history stays. Throws `not-found`. */
  revokeAgent(agentId: string): Promise<void>;
  agentEnrolled(agentId: string, hostname: string): void;
  /** Figures of the hub that SystemStatus does not have. */
  samplesReceived(): number;
  /** Who holds the hub's connections, and how many were turned away. */
  places(): {
    readonly strangers: number;
    readonly readers: number;
    readonly agents: number;
    readonly evicted: number;
    readonly refused: number;
  };
}
