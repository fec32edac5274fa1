/** The events of a client: each is parsed, authorised and answered. */
import {
  historyRequestSchema,
  hostOfTopic,
  isMessageTopic,
  ProtocolError,
  subscribeRequestSchema,
  unsubscribeRequestSchema,
  type Answer,
  type History,
  type Subscribed,
  type SubscribeRequest,
  type Unsubscribed,
} from '@openmanager/protocol';
import type { Authorize, Clock, HistorySource, HostDirectory, LiveTicks } from '../ports/index.ts';
import type { GatewayClient } from './client.ts';
import type { FrameTopics } from './frame-topics.ts';
import { bodyOf } from './handshake.ts';
import type { MessageTopics } from './message-topics.ts';
import type { GatewayLimits, GatewayLog } from './options.ts';
import { parse } from './parse.ts';
import { planMessages, type FrameRecovery } from './recovery.ts';
import type { WatchedHosts } from './watch.ts';

export interface CommandsOptions {
  readonly authorize: Authorize;
  readonly clock: Clock;
  readonly history: HistorySource;
  readonly live: LiveTicks & HostDirectory;
  readonly limits: Required<GatewayLimits>;
  readonly log: GatewayLog;
  readonly frames: FrameTopics;
  readonly messages: MessageTopics;
  readonly recovery: FrameRecovery;
  readonly watched: WatchedHosts;
}

type Acknowledge = (
  answer: Answer<Subscribed | Unsubscribed | History | { readonly hubTimeMs: number }>,
) => void;
type Run = (input: unknown, acknowledge: Acknowledge) => Promise<void> | void;

const ignore: Acknowledge = () => undefined;

export class Commands {
  private readonly options: CommandsOptions;

  constructor(options: CommandsOptions) {
    this.options = options;
  }

  /** Listens to the client's events until it disconnects. */
  serve(client: GatewayClient): void {
    const runs: ReadonlyMap<string, Run> = new Map<string, Run>([
      ['subscribe', (input, acknowledge) => this.subscribe(client, input, acknowledge)],
      ['unsubscribe', (input, acknowledge) => this.unsubscribe(client, input, acknowledge)],
      ['history', (input, acknowledge) => this.history(client, input, acknowledge)],
      ['clock', (_, acknowledge) => acknowledge({ ok: true, hubTimeMs: this.options.clock.now() })],
    ]);
    client.socket.use(([event, ...parameters]: [string, ...unknown[]]) => {
      const last = parameters.at(-1);
      const acknowledge = typeof last === 'function' ? (last as Acknowledge) : ignore;
      void this.run(client, event, runs.get(event), parameters[0], acknowledge);
    });
  }

  private async run(
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
      if (!client.closed) acknowledge({ ok: false, error: bodyOf(error, this.options.log, event) });
    }
  }

  private async subscribe(
    client: GatewayClient,
    input: unknown,
    acknowledge: Acknowledge,
  ): Promise<void> {
    const request = parse(subscribeRequestSchema, input);
    const { topic } = request;
    this.options.authorize(client.subject, 'topic:subscribe', topic);
    await client.inTurn(topic, async () => {
      client.admitTopic(topic);
      await (isMessageTopic(topic)
        ? this.joinMessages(client, request, acknowledge)
        : this.joinFrames(client, request, acknowledge));
    });
  }

  private async joinFrames(
    client: GatewayClient,
    request: SubscribeRequest,
    acknowledge: Acknowledge,
  ): Promise<void> {
    const { frames, recovery, live, watched } = this.options;
    const topic = request.topic as Parameters<FrameTopics['hold']>[0];
    const hostId = hostOfTopic(topic);
    if (hostId !== undefined && live.state(hostId) === undefined)
      throw new ProtocolError('not-found', `there is no host ${hostId}`, 'topic');
    const channel = frames.hold(topic, request.minPriority ?? 'low');
    let joined = false;
    try {
      const plan = await recovery.plan(channel, request.since);
      if (client.closed) return;
      client.admitTopic(topic);
      const { number, epoch } = channel;
      acknowledge({ ok: true, topic, channel: number, epoch, ...plan.recovery });
      if (hostId !== undefined) watched.enter(hostId);
      client.join(channel, plan, () => {
        frames.release(channel);
        if (hostId !== undefined) watched.leave(hostId);
      });
      joined = true;
    } finally {
      if (!joined) frames.release(channel);
    }
  }

  private joinMessages(
    client: GatewayClient,
    request: SubscribeRequest,
    acknowledge: Acknowledge,
  ): void {
    const { messages, clock } = this.options;
    const { topic, minPriority, since } = request;
    if (!isMessageTopic(topic)) return;
    const channel = messages.open(topic, minPriority ?? 'low');
    const plan = planMessages(channel, since, clock.now());
    const { number, epoch } = channel;
    acknowledge({ ok: true, topic, channel: number, epoch, ...plan.recovery });
    client.join(channel, plan, () => undefined);
    if (topic === 'system') messages.joined();
  }

  private async unsubscribe(
    client: GatewayClient,
    input: unknown,
    acknowledge: Acknowledge,
  ): Promise<void> {
    const { topic } = parse(unsubscribeRequestSchema, input);
    this.options.authorize(client.subject, 'topic:subscribe', topic);
    await client.inTurn(topic, async () => {
      client.leave(topic);
      acknowledge({ ok: true, topic });
    });
  }

  private async history(
    client: GatewayClient,
    input: unknown,
    acknowledge: Acknowledge,
  ): Promise<void> {
    const { history, limits, authorize } = this.options;
    const request = parse(historyRequestSchema, input);
    authorize(client.subject, 'history:read', request.hostId);
    if (client.historyPending >= limits.historyPerClient)
      throw new ProtocolError('too-many-requests', 'too many history answers are under way');
    client.historyPending++;
    try {
      const answer: History = await history.history(request);
      // Answers can be large: one at a time, or a page of charts would look like a client that does not read.
      await client.outlet.idle();
      if (!client.closed) acknowledge({ ok: true, ...answer });
    } finally {
      client.historyPending--;
    }
  }
}
