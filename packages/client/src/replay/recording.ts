import {
  alertSchema,
  hubEventSchema,
  ProtocolError,
  readProblem,
  splitFrame,
  type Alert,
  type FrameTopic,
  type HubEvent,
} from '@openmanager/protocol';
import * as v from 'valibot';
import type { LinkTarget } from '../connection/link.ts';

/** A span of one topic; times in epoch ms. */
export interface Span {
  readonly topic: FrameTopic;
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
  readonly channel: number;
  /** Offset before the first frame. */
  readonly offset: number;
  readonly hosts?: readonly string[] | undefined;
  readonly metrics?: readonly string[] | undefined;
}

export interface RecordedFrame {
  readonly timeMs: number;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** What a hub has of the past, by its REST API (PROTOCOL.md § 3.7). */
export interface Recording {
  frames(span: Span, signal: AbortSignal): Promise<readonly RecordedFrame[]>;
  /** Alerts that were active at some time since. */
  alerts(fromMs: number, signal: AbortSignal): Promise<readonly Alert[]>;
  /** Newest first. */
  events(fromMs: number, signal: AbortSignal): Promise<readonly HubEvent[]>;
  /** Any other question, as JSON. */
  get(path: string, signal: AbortSignal): Promise<unknown>;
}

/** Pages of alerts and events that are read at most, and their size. */
const PAGES = 10;
const PAGE = 200;

const alertList = v.object({ alerts: v.array(alertSchema) });
const eventList = v.object({ events: v.array(hubEventSchema) });

export class HubRecording implements Recording {
  readonly #target: LinkTarget;

  constructor(target: LinkTarget) {
    this.#target = target;
  }

  async frames(span: Span, signal: AbortSignal): Promise<readonly RecordedFrame[]> {
    const { topic, fromMs, toMs, stepMs, channel, offset, hosts = [], metrics = [] } = span;
    const query = new URLSearchParams({ topic });
    for (const [name, value] of Object.entries({ fromMs, toMs, stepMs, channel, offset }))
      query.set(name, String(value));
    for (const host of hosts) query.append('hosts', host);
    for (const metric of metrics) query.append('metrics', metric);
    const response = await this.#fetch(`replay?${query.toString()}`, signal);
    return framesOf(new Uint8Array(await response.arrayBuffer()));
  }

  async alerts(fromMs: number, signal: AbortSignal): Promise<readonly Alert[]> {
    const current = v.parse(alertList, await this.get('alerts', signal)).alerts;
    const past: Alert[] = [];
    let before = '';
    for (let page = 0; page < PAGES; page++) {
      const answer = await this.get(`alerts/history?limit=${PAGE}${before}`, signal);
      const { alerts } = v.parse(alertList, answer);
      past.push(...alerts);
      const oldestMs = alerts.at(-1)?.resolvedAtMs;
      if (alerts.length < PAGE || oldestMs === undefined || oldestMs < fromMs) break;
      before = `&before=${oldestMs}`;
    }
    return [...current, ...past];
  }

  async events(fromMs: number, signal: AbortSignal): Promise<readonly HubEvent[]> {
    const all: HubEvent[] = [];
    let before = '';
    for (let page = 0; page < PAGES; page++) {
      const answer = await this.get(`events?limit=${PAGE}${before}`, signal);
      const { events } = v.parse(eventList, answer);
      all.push(...events);
      const oldest = events.at(-1);
      if (events.length < PAGE || oldest === undefined || oldest.timeMs < fromMs) break;
      before = `&before=${oldest.id}`;
    }
    return all;
  }

  async get(path: string, signal: AbortSignal): Promise<unknown> {
    return await (await this.#fetch(path, signal)).json();
  }

  /** Rejects with ProtocolError when the hub says no. */
  async #fetch(path: string, signal: AbortSignal): Promise<Response> {
    const { url, token } = this.#target;
    const response = await fetch(`${url}/api/v1/${path}`, {
      signal,
      ...(token === undefined
        ? { credentials: 'include' }
        : { headers: { authorization: `Bearer ${token}` } }),
    });
    if (response.ok) return response;
    const problem = readProblem(await response.json().catch(() => undefined));
    throw problem
      ? new ProtocolError(problem.code, problem.detail, problem.errors)
      : new ProtocolError('internal', `The hub answered ${response.status}.`);
  }
}

/** Frames, each after its length as four bytes, little-endian. Throws ProtocolError for anything else. */
export function framesOf(bytes: Uint8Array): readonly RecordedFrame[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const frames: RecordedFrame[] = [];
  for (let at = 0; at < bytes.length;) {
    if (at + 4 > bytes.length)
      throw new ProtocolError('malformed-message', 'the replay is cut off');
    const end = at + 4 + view.getUint32(at, true);
    if (end > bytes.length) throw new ProtocolError('malformed-message', 'the replay is cut off');
    const frame = bytes.subarray(at + 4, end);
    const part = splitFrame(frame).at(-1);
    if (part === undefined) throw new ProtocolError('malformed-message', 'a frame is empty');
    frames.push({ timeMs: part.hubTimeMs, offset: part.offset, bytes: frame });
    at = end;
  }
  return frames;
}
