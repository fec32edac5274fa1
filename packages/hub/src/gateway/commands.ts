/** The events of a client: each is parsed, authorised and answered. */
import {
  historyRequestSchema,
  targetOfTopic,
  isMessageTopic,
  ProtocolError,
  progressSchema,
  subscribeRequestSchema,
  unsubscribeRequestSchema,
  outlookRequestSchema,
  unknownHost,
  viewRequestSchema,
  type Answer,
  type History,
  type Outlook,
  type Subscribed,
  type SubscribeRequest,
  type TargetLookup,
  type Topic,
  type Unsubscribed,
} from '@openmanager/protocol';
import type {
  ActionObject,
  Authorize,
  Clock,
  HistorySource,
  HostDirectory,
  LiveTicks,
  OutlookSource,
} from '../ports/index.ts';
import type { GatewayClient } from './client.ts';
import type { FrameTopics } from './frame-topics.ts';
import { FleetViews } from './fleet-views.ts';
import { bodyOf } from './handshake.ts';
import type { MessageTopics } from './message-topics.ts';
import type { GatewayLimits, GatewayLog } from './options.ts';
import { parse } from './parse.ts';
import { planMessages, type FrameRecovery } from './recovery.ts';
import { rateOf } from './rate.ts';
import type { WatchedHosts } from './watch.ts';

export interface CommandsOptions {
  readonly authorize: Authorize;
  readonly target: TargetLookup;
  readonly clock: Clock;
  readonly history: HistorySource;
  readonly outlooks: Pick<OutlookSource, 'series'>;
  readonly live: LiveTicks & HostDirectory;
  readonly limits: Required<GatewayLimits>;
  readonly log: GatewayLog;
  readonly frames: FrameTopics;
  readonly messages: MessageTopics;
  readonly recovery: FrameRecovery;
  readonly watched: WatchedHosts;
}

type Acknowledge = (
  answer: Answer<Subscribed | Unsubscribed | History | Outlook | { readonly hubTimeMs: number }>,
) => void;
type Run = (input: unknown, acknowledge: Acknowledge) => Promise<void> | void;

const ignore: Acknowledge = () => undefined;

export class Commands {
  readonly #options: CommandsOptions;

  readonly #fleetViews: FleetViews;

  constructor(options: CommandsOptions) {
    this.#options = options;
    this.#fleetViews = new FleetViews(options.limits.fleetViewsPerSubject);
  }

  /** Listens to the client's events until it disconnects. */
  serve(client: GatewayClient): void {
    const runs: ReadonlyMap<string, Run> = new Map<string, Run>([
      ['subscribe', (input, acknowledge) => this.#subscribe(client, input, acknowledge)],
      ['unsubscribe', (input, acknowledge) => this.#unsubscribe(client, input, acknowledge)],
      ['view', (input, acknowledge) => this.#view(client, input, acknowledge)],
      ['history', (input, acknowledge) => this.#history(client, input, acknowledge)],
      ['outlook', (input, acknowledge) => this.#outlook(client, input, acknowledge)],
      ['progress', (input) => progress(client, input)],
      ['clock', (input, acknowledge) => this.#clock(client, input, acknowledge)],
    ]);
    client.socket.use(([event, ...parameters]: [string, ...unknown[]]) => {
      const last = parameters.at(-1);
      const acknowledge = typeof last === 'function' ? (last as Acknowledge) : ignore;
      void this.#run(client, event, runs.get(event), parameters[0], acknowledge);
    });
  }

  async #run(
    client: GatewayClient,
    event: string,
    run: Run | undefined,
    input: unknown,
    acknowledge: Acknowledge,
  ): Promise<void> {
    if (client.closed) return;
    try {
      client.admit();
      if (run === undefined)
        throw new ProtocolError('invalid-input', 'there is no such event', 'event');
      await run(input, acknowledge);
    } catch (error) {
      if (!client.closed)
        acknowledge({ ok: false, error: bodyOf(error, this.#options.log, event) });
    }
  }

  async #subscribe(client: GatewayClient, input: unknown, acknowledge: Acknowledge): Promise<void> {
    const request = parse(subscribeRequestSchema, input);
    const { topic } = request;
    this.#options.authorize(client.subject, 'topic:subscribe', this.#topicObject(topic));
    await client.inTurn(topic, async () => {
      client.admitTopic(topic);
      await (isMessageTopic(topic)
        ? this.#joinMessages(client, request, acknowledge)
        : this.#joinFrames(client, request, acknowledge));
    });
  }

  #topicObject(topic: Topic): ActionObject {
    if (topic === 'fleet' || isMessageTopic(topic)) return { kind: 'topic', topic };
    return this.#targetObject(targetOfTopic(topic) ?? '');
  }

  #targetObject(id: string): ActionObject {
    return { kind: 'target', target: this.#options.target(id) ?? unknownHost(id) };
  }

  #clock(client: GatewayClient, input: unknown, acknowledge: Acknowledge): void {
    if (typeof input === 'number') progress(client, input);
    acknowledge({ ok: true, hubTimeMs: this.#options.clock.now() });
  }

  async #view(client: GatewayClient, input: unknown, acknowledge: Acknowledge): Promise<void> {
    const { topic, hosts } = parse(viewRequestSchema, input);
    this.#options.authorize(client.subject, 'topic:subscribe', this.#topicObject(topic));
    await client.inTurn(topic, async () => {
      const shown = shownHosts(topic, hosts);
      if (!client.show(topic, shown))
        throw new ProtocolError('not-found', `${topic} is not subscribed`, 'topic');
      acknowledge({ ok: true, topic });
    });
  }

  async #joinFrames(
    client: GatewayClient,
    request: SubscribeRequest,
    acknowledge: Acknowledge,
  ): Promise<void> {
    const { frames, recovery, live, watched } = this.#options;
    const topic = request.topic as Parameters<FrameTopics['hold']>[0];
    const hostId = targetOfTopic(topic);
    if (hostId !== undefined && live.state(hostId) === undefined)
      throw new ProtocolError('not-found', `there is no host ${hostId}`, 'topic');
    const hosts = shownHosts(topic, request.hosts);
    const channel = frames.hold(topic, {
      minPriority: request.minPriority ?? 'low',
      rateMs: rateOf(request),
      metrics: request.metrics,
    });
    let joined = false;
    let letGo: (() => void) | undefined;
    try {
      if (topic === 'fleet') letGo = this.#fleetViews.hold(client.subject, channel);
      const plan = await recovery.plan(channel, request.since, hosts);
      if (client.closed) return;
      client.admitTopic(topic);
      const { number, epoch } = channel;
      acknowledge({ ok: true, topic, channel: number, epoch, ...plan.recovery });
      if (hostId !== undefined) watched.enter(hostId);
      const release = (): void => {
        letGo?.();
        frames.release(channel);
        if (hostId !== undefined) watched.leave(hostId);
      };
      client.join(channel, plan, release, hosts);
      joined = true;
    } finally {
      if (!joined) {
        letGo?.();
        frames.release(channel);
      }
    }
  }

  #joinMessages(client: GatewayClient, request: SubscribeRequest, acknowledge: Acknowledge): void {
    const { messages, clock } = this.#options;
    const { topic, minPriority, since } = request;
    if (!isMessageTopic(topic)) return;
    const channel = messages.open(topic, minPriority ?? 'low');
    const plan = planMessages(channel, since, clock.now());
    const { number, epoch } = channel;
    acknowledge({ ok: true, topic, channel: number, epoch, ...plan.recovery });
    client.join(channel, plan, () => undefined);
    if (topic === 'system') messages.joined();
  }

  async #unsubscribe(
    client: GatewayClient,
    input: unknown,
    acknowledge: Acknowledge,
  ): Promise<void> {
    const { topic } = parse(unsubscribeRequestSchema, input);
    this.#options.authorize(client.subject, 'topic:subscribe', this.#topicObject(topic));
    await client.inTurn(topic, async () => {
      client.leave(topic);
      acknowledge({ ok: true, topic });
    });
  }

  async #history(client: GatewayClient, input: unknown, acknowledge: Acknowledge): Promise<void> {
    const { history, authorize } = this.#options;
    const request = parse(historyRequestSchema, input);
    authorize(client.subject, 'history:read', this.#targetObject(request.hostId));
    await this.#read(client, acknowledge, () => history.history(request));
  }

  async #outlook(client: GatewayClient, input: unknown, acknowledge: Acknowledge): Promise<void> {
    const { outlooks, authorize } = this.#options;
    const request = parse(outlookRequestSchema, input);
    authorize(client.subject, 'history:read', this.#targetObject(request.hostId));
    await this.#read(client, acknowledge, () => outlooks.series(request));
  }

  /** Limits concurrent answers that are expensive. */
  async #read(
    client: GatewayClient,
    acknowledge: Acknowledge,
    ask: () => Promise<History | Outlook>,
  ): Promise<void> {
    const { limits } = this.#options;
    if (client.historyPending >= limits.historyPerClient)
      throw new ProtocolError('too-many-requests', 'too many history answers are under way');
    client.historyPending++;
    try {
      const answer = await ask();
      // Large answers go one at a time; otherwise a page full of charts would look like a slow consumer.
      await client.outlet.idle();
      if (!client.closed) acknowledge({ ok: true, ...answer });
    } finally {
      client.historyPending--;
    }
  }
}

function progress(client: GatewayClient, input: unknown): void {
  if (!client.outlet.acknowledged(parse(progressSchema, input)))
    throw new ProtocolError('invalid-input', 'not so many frames were sent', 'progress');
}

/** Only `fleet` has hosts to choose from. */
function shownHosts(
  topic: string,
  hosts: readonly string[] | undefined,
): ReadonlySet<string> | undefined {
  if (hosts === undefined) return undefined;
  if (topic !== 'fleet')
    throw new ProtocolError('invalid-input', `${topic} has no hosts to choose from`, 'hosts');
  return new Set(hosts);
}
