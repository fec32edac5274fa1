import type {
  AgentInfo,
  Alert,
  HubEvent,
  RuleInfo,
} from '@openmanager/protocol';
import type { Logger } from 'pino';
import type { Auth } from '../auth/index.ts';
import type { Authorize, HistorySource, HostDirectory, StatusSource } from '../ports/index.ts';

/** What the API reads and asks for; `app` fills it with the parts. */
export interface ApiContext {
  readonly auth: Auth;
  readonly authorize: Authorize;
  readonly hosts: HostDirectory;
  readonly history: HistorySource;
  readonly status: StatusSource;
  readonly log: Logger;
  readonly version: string;
  /** Exact origins of other pages that may read the API with a token. */
  readonly allowOrigins: readonly string[];
  /** Folder of the built dashboard, if there is one. */
  readonly dashboardFolder: string | undefined;
  uptimeSeconds(): number;
  problems(): readonly string[];
  agents(): readonly AgentInfo[];
  alerts(): readonly Alert[];
  /** Resolved alerts, newest first. */
  alertHistory(limit: number, beforeMs: number | undefined): Promise<readonly Alert[]>;
  rules(): readonly RuleInfo[];
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
}
