import { beat, type SendOutcome } from '@openmanager/alerting/notify';
import { MINUTE_MS } from '@openmanager/protocol/durations';
import type { Clock, HealthIssues } from '../ports/index.ts';
import type { AlertSettings } from './alert-settings.ts';
import { sendContext, thrownOutcome } from './send-context.ts';

export interface HeartbeatOptions {
  readonly settings: AlertSettings;
  readonly clock: Clock;
  readonly issues: HealthIssues;
  /** Ms that only grow: a clock that is set neither holds a beat back nor doubles it. @default performance.now */
  readonly monotonicMs?: (() => number) | undefined;
}

const PART = 'heartbeat';

/**
 * Says each minute, to those who raise the alarm when they do not hear it, that the hub lives. It is driven by the timer
 * that judges rules and sends messages: when that stands still, so does this.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  /** By receiver: when it was told last. */
  readonly #beats = new Map<string, number>();
  readonly #failing = new Map<string, string>();
  readonly #underWay = new Map<string, Promise<void>>();
  #stopped = false;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  /** Once a second. A hub that cannot do its job does not say that it lives. */
  poll(): void {
    const { settings, issues, monotonicMs = () => performance.now() } = this.#options;
    if (this.#stopped || issues.status() === 'down') return;
    const nowMs = monotonicMs();
    const known = new Set<string>();
    for (const { receiverId, settings: shown } of settings.receivers()) {
      if (shown.kind !== 'heartbeat' && shown.kind !== 'alertmanager') continue;
      known.add(receiverId);
      const beatMs = this.#beats.get(receiverId);
      if (beatMs !== undefined && nowMs - beatMs < MINUTE_MS) continue;
      if (this.#underWay.has(receiverId)) continue;
      this.#beats.set(receiverId, nowMs);
      const beating = this.#beat(receiverId).finally(() => this.#underWay.delete(receiverId));
      this.#underWay.set(receiverId, beating);
    }
    for (const receiverId of this.#beats.keys())
      if (!known.has(receiverId)) this.#forget(receiverId);
  }

  /** Its settings changed: it is told at the next look. */
  again(receiverId: string): void {
    this.#beats.delete(receiverId);
  }

  /** No further beats; resolves when those under way have ended. */
  async drain(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#underWay.values());
  }

  async #beat(receiverId: string): Promise<void> {
    const outcome = await this.#send(receiverId);
    if (outcome?.kind !== 'failed') this.#failing.delete(receiverId);
    else if (this.#beats.has(receiverId)) this.#failing.set(receiverId, outcome.answer);
    this.#report();
  }

  async #send(receiverId: string): Promise<SendOutcome | undefined> {
    const { settings } = this.#options;
    try {
      const receiver = settings.receiverSettings(receiverId);
      return receiver && (await beat(receiver, sendContext(this.#options)));
    } catch (error) {
      return thrownOutcome(error);
    }
  }

  #forget(receiverId: string): void {
    this.#beats.delete(receiverId);
    if (this.#failing.delete(receiverId)) this.#report();
  }

  #report(): void {
    const [[name, answer] = []] = this.#failing;
    if (name === undefined) this.#options.issues.clear(PART);
    else this.#options.issues.set(PART, `Heartbeat “${name}” is not taken: ${answer ?? ''}`);
  }
}
