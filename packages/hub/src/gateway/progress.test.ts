import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Progress } from './progress.ts';

test('bytes in flight are never counted too low, and exact when everything was read', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('send' as const), bytes: fc.integer({ min: 1, max: 100 }) }),
    fc.record({
      kind: fc.constant('read' as const),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const progress = new Progress();
      const sent: number[] = [];
      let read = 0;
      for (const [at, each] of steps.entries()) {
        if (each.kind === 'send') {
          progress.sent(each.bytes, at);
          sent.push(each.bytes);
        } else {
          read += Math.floor((sent.length - read) * each.share);
          expect(progress.read(read, at)).toBe(true);
        }
        const inFlight = sent.slice(read).reduce((sum, bytes) => sum + bytes, 0);
        expect(progress.bytes).toBeGreaterThanOrEqual(inFlight);
        if (read === sent.length) expect(progress.bytes).toBe(0);
      }
    }),
  );
});

test('silence counts from the first frame in flight, and anew from each sign of progress', () => {
  const progress = new Progress();
  expect(progress.silentMs(100)).toBe(0);
  progress.sent(1, 100);
  progress.sent(1, 150);
  expect(progress.silentMs(200)).toBe(100);
  progress.read(1, 300);
  expect(progress.silentMs(350)).toBe(50);
  // The same again is no progress.
  progress.read(1, 360);
  expect(progress.silentMs(400)).toBe(100);
  progress.read(2, 400);
  expect(progress.silentMs(9999)).toBe(0);
});
