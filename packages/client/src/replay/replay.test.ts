import {
  codingOf,
  encodeDelta,
  encodeKeyframe,
  displayPrecision,
  encodePart,
  ProtocolError,
  quantise,
  type Alert,
  type HubEvent,
} from '@openmanager/protocol';
import { expect, test } from 'vitest';
import { VirtualEnvironment } from '../../test/virtual-environment.ts';
import { framesOf, type RecordedFrame, type Recording, type Span } from './recording.ts';
import { RecordedReplay, type ReplayOptions } from './replay.ts';

const KEY = 'system.uptime';
const hostId = 'abcdefghijkl';
const FROM_MS = 1_600_000_000_000;
const TO_MS = FROM_MS + 600_000;

/** A host whose value is the second of the recording. */
class UptimeRecording implements Recording {
  readonly asked: Span[] = [];
  readonly paths: string[] = [];
  failure: ProtocolError | undefined;
  past: readonly Alert[] = [];
  log: readonly HubEvent[] = [];

  async frames(span: Span): Promise<readonly RecordedFrame[]> {
    this.asked.push(span);
    // As the hub's query is parsed.
    for (const whole of [span.fromMs, span.toMs, span.stepMs, span.offset])
      expect(Number.isInteger(whole)).toBe(true);
    if (this.failure) throw this.failure;
    const frames: RecordedFrame[] = [];
    let { offset } = span;
    const codings = Uint8Array.of(codingOf(KEY));
    const state = { status: 'online', priority: 'low' } as const;
    let codes = Float64Array.of(codeAt(span.fromMs));
    for (let timeMs = span.fromMs; timeMs < span.toMs; timeMs += span.stepMs) {
      const now = Float64Array.of(codeAt(timeMs));
      const host = { index: 0, timeMs, ...state };
      const frame = { hubTimeMs: timeMs, size: 1, facts: [], details: undefined };
      const body =
        timeMs === span.fromMs
          ? encodeKeyframe({
              ...frame,
              hosts: [{ ...host, hostId, keys: [KEY], codes: now }],
            })
          : (encodeDelta({
              ...frame,
              hosts: [
                { ...host, changed: [0], codes: [...now], before: { ...state, codes, codings } },
              ],
            }).body() as Uint8Array);
      codes = now;
      const kind = timeMs === span.fromMs ? 'keyframe' : 'delta';
      const header = { kind, channel: span.channel, offset: ++offset, span: 1 } as const;
      const bytes = encodePart({ ...header, hubTimeMs: timeMs }, body);
      frames.push({ timeMs, offset, bytes });
    }
    return frames;
  }

  async alerts(): Promise<readonly Alert[]> {
    return this.past;
  }

  async events(): Promise<readonly HubEvent[]> {
    return this.log;
  }

  async get(path: string): Promise<unknown> {
    this.paths.push(path);
    return { keys: [KEY], timesMs: [FROM_MS], columns: [[5]], stepMs: 0 };
  }
}

const valueAt = (timeMs: number): number => (timeMs - FROM_MS) / 1000;
const codeAt = (timeMs: number): number => quantise(valueAt(timeMs), displayPrecision(KEY));

interface Stage {
  readonly replay: RecordedReplay;
  readonly recording: UptimeRecording;
  readonly environment: VirtualEnvironment;
  pass(ms: number): Promise<void>;
  /** Seconds into the recording of the sample that is shown. */
  shown(): number | undefined;
}

function stage(options: Partial<ReplayOptions> = {}): Stage {
  const environment = new VirtualEnvironment(() => {
    throw new Error('a replay dials nobody');
  });
  const recording = new UptimeRecording();
  const set = { url: 'http://hub', fromMs: FROM_MS, toMs: TO_MS, ...options };
  const replay = new RecordedReplay(set, environment, recording);
  replay.getSnapshot().client.subscribeTopic('fleet');
  return {
    replay,
    recording,
    environment,
    async pass(ms) {
      for (let passed = 0; passed < ms; passed += 100) {
        environment.pass(100);
        // Answers of the recording are promises.
        for (let turn = 0; turn < 8; turn++) await Promise.resolve();
        environment.settle();
      }
    },
    shown: () => {
      const [host] = replay.getSnapshot().client.fleet.getSnapshot();
      return host && (host.timeMs - FROM_MS) / 1000;
    },
  };
}

test.each([1, 10, 60])('at %i times the speed, what is shown is what was then', async (speed) => {
  const { replay, pass, shown, recording } = stage({ speed });
  expect(replay.getSnapshot().status).toBe('loading');
  await pass(8_000);
  const { timeMs, status } = replay.getSnapshot();
  expect(status).toBe('playing');
  const played = (timeMs - FROM_MS) / 1000;
  expect(played).toBeGreaterThanOrEqual(7 * speed);
  expect(played).toBeLessThanOrEqual(8 * speed);
  const stepS = Math.max(1, speed / 2);
  expect(shown()).toBeGreaterThan(played - 1 - stepS);
  expect(shown()).toBeLessThanOrEqual(played);
  expect(recording.asked.every(({ stepMs }) => stepMs === stepS * 1000)).toBe(true);
  const [host] = replay.getSnapshot().client.fleet.getSnapshot();
  expect(host?.series[KEY]).toBe(valueAt(host?.timeMs ?? 0));
});

test('spans follow each other without a hole, and the end is an end', async () => {
  const { replay, pass, recording, shown } = stage({ speed: 59.7, toMs: FROM_MS + 7_200_000 });
  await pass(126_000);
  expect(replay.getSnapshot()).toMatchObject({ status: 'ended', timeMs: FROM_MS + 7_200_000 });
  expect(shown()).toBeGreaterThan(7_160);
  for (const [index, span] of recording.asked.entries())
    expect(span.fromMs).toBe(recording.asked[index - 1]?.toMs ?? FROM_MS);
  const stats = replay.getSnapshot().client.stats.getSnapshot();
  expect(stats).toMatchObject({ gaps: [], malformedFrames: 0 });
});

test('paused it stands still; another speed loads other steps from here', async () => {
  const { replay, pass, recording, shown } = stage();
  await pass(5_000);
  replay.pause();
  await pass(1_000);
  const { timeMs } = replay.getSnapshot();
  await pass(20_000);
  expect(replay.getSnapshot()).toMatchObject({ status: 'paused', timeMs });
  replay.setSpeed(20);
  replay.play();
  replay.getSnapshot().client.subscribeTopic(`host:${hostId}`);
  await pass(5_000);
  expect(recording.asked.at(-1)).toMatchObject({ stepMs: 10_000 });
  expect(shown()).toBeGreaterThan(80);
  expect(replay.getSnapshot().client.stats.getSnapshot().gaps).toEqual([]);
});

test('seeking gives another client, which knows nothing of what was shown', async () => {
  const { replay, pass } = stage();
  await pass(3_000);
  const before = replay.getSnapshot().client;
  replay.seek(FROM_MS + 300_000);
  const after = replay.getSnapshot().client;
  expect(after).not.toBe(before);
  after.subscribeTopic('fleet');
  await pass(2_000);
  const [host] = after.fleet.getSnapshot();
  expect(host?.timeMs).toBeGreaterThanOrEqual(FROM_MS + 300_000);
  expect(after.hubNow()).toBeGreaterThanOrEqual(FROM_MS + 300_000);
  replay.seek(0);
  expect(replay.getSnapshot().timeMs).toBe(FROM_MS);
});

test('a failing hub is reported, playback waits, and resumes by itself', async () => {
  const { replay, pass, recording } = stage();
  recording.failure = new ProtocolError('store-unavailable');
  await pass(5_000);
  expect(replay.getSnapshot()).toMatchObject({
    status: 'loading',
    timeMs: FROM_MS,
    error: { code: 'store-unavailable' },
  });
  recording.failure = undefined;
  await pass(5_000);
  expect(replay.getSnapshot()).toMatchObject({ status: 'playing', error: undefined });
});

test('alerts and events come at their time, and history ends at the time that is played', async () => {
  const { replay, pass, recording } = stage();
  const alert: Alert = {
    id: 'a',
    ruleId: 'cpu',
    target: { id: hostId, kind: 'host', name: 'h' },
    severity: 'critical',
    metric: KEY,
    attributes: {},
    value: 1,
    threshold: 1,
    summary: '',
    sampleTimeMs: FROM_MS,
    state: 'resolved',
    activeAtMs: FROM_MS + 2_000,
    firedAtMs: FROM_MS + 4_000,
    resolvedAtMs: FROM_MS + 8_000,
  };
  recording.past = [alert, { ...alert, id: 'later', activeAtMs: FROM_MS + 500_000 }];
  recording.log = [
    { id: 1, timeMs: FROM_MS + 3_000, kind: 'host-stale', target: alert.target, detail: {} },
  ];
  const { client } = replay.getSnapshot();
  const fired: string[] = [];
  client.onAlert(({ id }) => fired.push(id));
  client.subscribeTopic('alerts');
  client.subscribeTopic('events');
  const states: (string | undefined)[] = [];
  for (let second = 0; second < 10; second++) {
    await pass(1_000);
    states.push(client.alerts.getSnapshot()[0]?.state);
  }
  expect(states[0]).toBeUndefined();
  const turns = states.filter((state, index) => state !== states[index - 1]);
  expect(turns).toEqual(['pending', 'firing', 'resolved']);
  expect(fired).toEqual(['a']);
  expect(client.events.getSnapshot()).toMatchObject([{ id: 1 }]);

  const answer = client.loadHistory({ hostId, fromMs: FROM_MS, toMs: TO_MS, maxPoints: 100 });
  await pass(200);
  expect(await answer).toMatchObject({ ok: true, keys: [KEY] });
  const asked = new URLSearchParams(recording.paths[0]?.split('?')[1]);
  expect(Number(asked.get('toMs'))).toBeLessThanOrEqual(replay.getSnapshot().timeMs);
});

test('an answer that is cut off is refused', () => {
  expect(() => framesOf(Uint8Array.of(1, 0))).toThrow(ProtocolError);
  expect(() => framesOf(Uint8Array.of(9, 0, 0, 0, 1))).toThrow(ProtocolError);
  expect(framesOf(new Uint8Array())).toEqual([]);
});
