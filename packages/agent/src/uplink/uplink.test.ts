import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { backoff, waitMs } from './backoff.ts';
import { endingOfClose, endingOfError, endingOfResponse } from './ending.ts';
import { agentSocketUrl, enrolUrl, hubOrigin } from './hub-url.ts';
import { type Phase, type PhaseEvent, transitions } from './transition.ts';
import { Flight, type InFlight } from './flight.ts';

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

describe('what is on its way', () => {
  const batch = (first: number, last = first, lane: 'present' | 'past' = 'present'): InFlight => ({
    bootEpoch: 1,
    first,
    last,
    lane,
  });

  it('is counted by lane and leaves it when the hub has it, in whatever order', () => {
    const flight = new Flight();
    flight.send(batch(100));
    flight.send(batch(1, 50, 'past'));
    flight.send(batch(101));
    expect([flight.in('present'), flight.in('past')]).toEqual([2, 1]);
    const received = { bootEpoch: 1, seq: 0, ranges: [{ bootEpoch: 1, first: 101, last: 101 }] };
    expect(flight.settle(received)).toBe(1);
    expect(flight.settle({ bootEpoch: 1, seq: 50, ranges: [] })).toBe(50);
    expect(flight.take({ bootEpoch: 1, seq: 100 })).toEqual(batch(100));
    expect(flight.take({ bootEpoch: 1, seq: 100 })).toBeUndefined();
    expect(flight.size).toBe(0);
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
