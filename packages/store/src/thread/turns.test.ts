import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_WAITING_CALLS } from './thread.ts';
import { Turns } from './turns.ts';

const MOST = 100;

test('calls start in order, and those in flight stay within the bound, or are one call', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(150), fc.boolean()), { maxLength: 60 }),
      fc.infiniteStream(fc.nat()),
      async (calls, random) => {
        const turns = new Turns(MOST);
        const open: { readonly index: number; readonly end: (fails: boolean) => void }[] = [];
        const begun: number[] = [];
        let underWay = 0;
        const results = calls.map(([weight, fails], index) =>
          turns
            .take(weight, async () => {
              begun.push(index);
              underWay += weight;
              expect(underWay <= MOST || underWay === weight).toBe(true);
              await new Promise<void>((resolve, reject) =>
                open.push({ index, end: () => (fails ? reject(new Error('no')) : resolve()) }),
              ).finally(() => (underWay -= weight));
              return index;
            })
            .catch(() => -1),
        );
        for (let left = calls.length; left > 0; left--) {
          await new Promise(setImmediate);
          const [one] = open.splice((random.next().value as number) % open.length, 1);
          one?.end(false);
        }
        const ended = await Promise.all(results);
        expect(begun).toEqual(calls.map((_, index) => index));
        expect(ended).toEqual(calls.map(([, fails], index) => (fails ? -1 : index)));
      },
    ),
    { numRuns: 60 },
  );
});

test('waiting calls are bounded', async () => {
  const turns = new Turns(1);
  let end = (): void => undefined;
  const first = turns.take(1, () => new Promise<void>((resolve) => (end = resolve)));
  const waiting = Array.from({ length: MAX_WAITING_CALLS }, () =>
    turns.take(1, async () => undefined),
  );
  await expect(turns.take(1, async () => undefined)).rejects.toMatchObject({ code: 'overloaded' });
  end();
  await Promise.all([first, ...waiting]);
});
