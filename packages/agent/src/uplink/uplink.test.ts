import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareMarks, firstMark, type Mark } from '../spool/mark.ts';
import { backoff, waitMs } from './backoff.ts';
import { endingOfClose, endingOfError, endingOfResponse } from './ending.ts';
import { agentSocketUrl, enrolUrl, hubOrigin } from './hub-url.ts';
import { type Phase, type PhaseEvent, transitions } from './transition.ts';
import { Window } from './window.ts';

it('moves between states as its header draws them, and only so', () => {
  const moves: Record<Phase, Partial<Record<PhaseEvent, Phase>>> = {
    idle: { start: 'connecting', stop: 'stopped' },
    connecting: { opened: 'greeting', lost: 'waiting', stop: 'stopped' },
    greeting: { welcomed: 'live', lost: 'waiting', stop: 'stopped' },
    live: { lost: 'waiting', stop: 'stopped' },
    waiting: { retry: 'connecting', stop: 'stopped' },
    stopped: {},
  };
  for (const phase of Object.keys(transitions) as Phase[])
    for (const event of Object.keys(transitions[phase]) as PhaseEvent[])
      expect([phase, event, transitions[phase][event]]).toEqual([
        phase,
        event,
        moves[phase][event] ?? null,
      ]);
});

it('waits with full jitter under a bound that doubles up to 30 s, and a minute after a refusal', () => {
  const almostOne = (): number => 0.999_999;
  expect(Math.round(waitMs(0, {}, almostOne))).toBe(250);
  expect(Math.round(waitMs(3, {}, almostOne))).toBe(2_000);
  expect(Math.round(waitMs(1_000, {}, almostOne))).toBe(30_000);
  expect(waitMs(5, {}, () => 0)).toBe(0);
  for (const code of ['revoked', 'wrong-token', 'protocol-version', 'replaced-connection'] as const)
    expect(waitMs(0, { code }, almostOne)).toBe(backoff.refusedMs);
  expect(waitMs(0, { code: 'store-unavailable' }, () => 0.5)).toBe(125);
  expect(waitMs(0, { retryAfterMs: 7_000 }, () => 0)).toBe(7_000);
});

it('waits as PROTOCOL.md says', () => {
  const protocol = readFileSync(new URL('../../../../PROTOCOL.md', import.meta.url), 'utf8');
  const { firstMs, lastMs } = backoff;
  expect(protocol.replaceAll(/\s+/g, ' ')).toContain(
    `An agent's backoff is full jitter below a bound that doubles from ${firstMs / 1000} s to ${lastMs / 1000} s`,
  );
});

describe('the window', () => {
  const mark = (seq: number): Mark => ({ bootEpoch: 1, seq });

  it('is open while the hub stores nothing, and bounded again with the next acknowledgement', () => {
    const window = new Window(2);
    window.send(mark(1));
    window.send(mark(2));
    expect([window.isFull, window.lift(), window.isFull, window.lift()]).toEqual([
      true,
      true,
      false,
      false,
    ]);
    for (let seq = 3; seq <= 50; seq++) window.send(mark(seq));
    expect([window.isFull, window.settled.seq]).toEqual([false, 0]);
    window.acknowledge(mark(10));
    expect([window.isFull, window.inFlight, window.settled.seq]).toEqual([true, 40, 10]);
  });

  it('settles in order, whatever is acknowledged or rejected first', () => {
    const action = fc.record({
      kind: fc.constantFrom('send', 'ack', 'reject', 'reset'),
      pick: fc.nat(15),
    });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const window = new Window(8);
        const done = new Set<number>();
        let newest = 0;
        let settledBefore = firstMark;
        for (const { kind, pick } of actions) {
          const open = newest - window.settled.seq;
          const seq = window.settled.seq + 1 + (pick % Math.max(1, open));
          if (kind === 'send' && !window.isFull) {
            newest = window.sentUpTo.seq + 1;
            // What was rejected once is not sent again.
            expect(window.send(mark(newest))).toBe(!done.has(newest));
          } else if (kind === 'ack' && window.inFlight > 0) {
            const upTo = Math.min(seq, window.sentUpTo.seq);
            for (let each = 1; each <= upTo; each++) done.add(each);
            window.acknowledge(mark(upTo));
          } else if (kind === 'reject' && window.reject(mark(seq))) done.add(seq);
          else if (kind === 'reset') window.reset();
          expect(window.inFlight).toBeLessThanOrEqual(8);
          expect(compareMarks(window.settled, settledBefore)).toBeGreaterThanOrEqual(0);
          for (let each = 1; each <= window.settled.seq; each++) expect(done.has(each)).toBe(true);
          settledBefore = window.settled;
        }
      }),
    );
  });

  it('settles a rejected batch once those before it are stored', () => {
    const window = new Window(8);
    for (const seq of [1, 2, 3]) window.send(mark(seq));
    expect(window.reject(mark(2))).toBe(true);
    expect(window.reject(mark(2))).toBe(false);
    expect(window.settled).toEqual(firstMark);
    window.acknowledge(mark(1));
    expect(window.settled).toEqual(mark(2));
    expect(window.inFlight).toBe(1);
  });
});

it('says why a connection ended', () => {
  expect(endingOfError(Object.assign(new Error('x'), { code: 'ECONNREFUSED' })).message).toContain(
    'is the hub running',
  );
  expect(
    endingOfError(new AggregateError([Object.assign(new Error('x'), { code: 'ENOTFOUND' })]))
      .message,
  ).toContain('resolved');
  expect(endingOfResponse(401, 'not json').code).toBe('wrong-token');
  expect(endingOfResponse(502, '<html>').action).toContain('proxy');
  expect(endingOfClose(4404, undefined).code).toBe('revoked');
  expect(endingOfClose(1006, undefined).code).toBeUndefined();
});

it('takes a hub address as people write it', () => {
  expect(agentSocketUrl('localhost:8787')).toBe('ws://localhost:8787/api/v1/agent');
  expect(agentSocketUrl('https://mon.example/base/')).toBe('wss://mon.example/base/api/v1/agent');
  expect(enrolUrl('wss://mon.example')).toBe('https://mon.example/api/v1/agents/enroll');
  expect(hubOrigin('http://h:1/')).toBe('http://h:1');
  for (const wrong of ['ftp://h', 'http://', ''])
    expect(() => hubOrigin(wrong)).toThrow(/not the address of a hub/);
});
