import { ProtocolError, type Enrolled } from '@openmanager/protocol';
import type { Store } from '@openmanager/store';
import type { AgentSeen, Auth } from '../auth/index.ts';
import type { AgentIngest } from '../ingest/index.ts';
import type { LiveStream } from '../stream/index.ts';
import type { AlertDispatch } from '../alerts/outbox.ts';
import type { AlertKeeper } from '../alerts/alert-keeper.ts';
import type { EventJournal } from './event-log.ts';
import type { HostRegistry } from './host-registry.ts';
import type { HostTags } from './host-tags.ts';
import type { HubOutlook } from '../outlook/hub-outlook.ts';
import type { Problems } from '../ports/health-issues.ts';

export interface ControlParts {
  readonly auth: Auth;
  readonly hosts: HostRegistry;
  readonly events: EventJournal;
  readonly alerts: AlertKeeper;
  readonly dispatch: AlertDispatch;
  readonly live: LiveStream;
  readonly ingest: AgentIngest;
  readonly store: Store;
  readonly problems: Problems;
  readonly tags: HostTags;
  readonly outlooks: HubOutlook;
}

const STORE_PART = 'store';
/** Alerts that fire together are looked at together; nobody waits for the next second. */
const DISPATCH_MS = 20;

/** What concerns several parts at once. */
export class HubControl {
  readonly #parts: ControlParts;
  #dispatching: NodeJS.Timeout | undefined;

  constructor(parts: ControlParts) {
    this.#parts = parts;
    const { live, events, alerts } = parts;
    events.onEvent(({ kind, hostId }) => {
      if (kind !== 'host-rebooted' || hostId === undefined) return;
      alerts.fact(hostId, 'host.reboots', 1);
      alerts.fact(hostId, 'host.reboots', 0);
    });
    alerts.onChange(() => this.#dispatchSoon());
    live.onStatus((hostId, status, previous) => {
      if (status === 'stale') events.record('host-stale', hostId, {});
      else if (status === 'online' && previous !== 'online')
        events.record('host-recovered', hostId, {});
    });
  }

  /** Hosts known from before: shown as they were, and expected back unless their agent was revoked. */
  restore(): void {
    const { hosts, live, alerts, auth, dispatch } = this.#parts;
    dispatch.reconcile(alerts.current());
    for (const info of hosts.all()) {
      live.hostInfo(info);
      const agent = auth.agent(info.hostId);
      if (agent && agent.revokedAtMs === undefined) alerts.expect(info, true);
      live.severity(info.hostId, alerts.worstSeverity(info.hostId));
    }
  }

  /** Once a second. */
  tick(): void {
    const { alerts, live, events, dispatch } = this.#parts;
    for (const hostId of alerts.tick()) live.severity(hostId, alerts.worstSeverity(hostId));
    events.save();
    // Nobody is told of what a restart would forget.
    if (alerts.quiet) dispatch.run();
  }

  #dispatchSoon(): void {
    if (this.#dispatching !== undefined) return;
    this.#dispatching = setTimeout(() => {
      this.#dispatching = undefined;
      const { alerts, dispatch } = this.#parts;
      if (alerts.quiet) dispatch.run();
      // What is still being written announces itself.
    }, DISPATCH_MS).unref();
  }

  storeTrouble(error: unknown): void {
    const { problems } = this.#parts;
    if (error === undefined) problems.clear(STORE_PART);
    else
      problems.set(
        STORE_PART,
        'The store does not take data: check the disk space and permissions of the data folder. Agents keep their data meanwhile.',
      );
  }

  agentSeen(agentId: string, seen?: AgentSeen): void {
    this.#parts.auth.agentSeen(agentId, seen).catch((error: unknown) => this.storeTrouble(error));
  }

  async localAgentKey(hostname: string): Promise<Enrolled> {
    const { auth } = this.#parts;
    const known = new Set(auth.agents().map((agent) => agent.agentId));
    const enrolled = await auth.localAgentKey(hostname);
    if (!known.has(enrolled.agentId)) this.agentEnrolled(enrolled.agentId, hostname);
    return enrolled;
  }

  agentEnrolled(agentId: string, hostname: string): void {
    this.#parts.events.record('agent-enrolled', agentId, { hostname });
  }

  async revokeAgent(agentId: string): Promise<void> {
    const { auth, alerts, live, events } = this.#parts;
    const agent = await auth.revokeAgent(agentId);
    events.record('agent-revoked', agentId, { hostname: agent.hostname });
    // Nobody expects it any more; its silence is no alert.
    alerts.hostRemoved(agentId);
    live.severity(agentId, undefined);
  }

  async series(hostId: string): Promise<readonly string[]> {
    if (!this.#parts.hosts.get(hostId)) throw new ProtocolError('not-found');
    return this.#parts.store.series(hostId);
  }

  /** Rules about hosts by tag see them from the next sample on. */
  async setTags(hostId: string, input: unknown): Promise<readonly string[]> {
    const { hosts, tags, alerts } = this.#parts;
    const info = hosts.get(hostId);
    if (!info) throw new ProtocolError('not-found');
    const set = await tags.set(hostId, input);
    alerts.expect(info);
    return set;
  }

  /** Each step can be repeated, so that a removal that failed half-way can be asked for again. */
  async removeHost(hostId: string): Promise<void> {
    const { auth, hosts, ingest, store, live, alerts } = this.#parts;
    const agent = auth.agent(hostId);
    const enrolled = agent !== undefined && agent.revokedAtMs === undefined;
    if (!enrolled && !hosts.get(hostId)) throw new ProtocolError('not-found');
    if (enrolled) await this.revokeAgent(hostId);
    await ingest.forget(hostId);
    await store.removeHost(hostId);
    alerts.hostRemoved(hostId);
    live.removeHost(hostId);
    await this.#parts.outlooks.hostRemoved(hostId);
    await this.#parts.tags.remove(hostId);
    await hosts.remove(hostId);
  }
}
