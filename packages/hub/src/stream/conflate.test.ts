import { Subject, VirtualTimeScheduler } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { conflate } from './conflate.ts';
import { scheduler } from '../../test/stream/recording.ts';

interface Case {
  readonly what: string;
  readonly source: string;
  readonly result: string;
}

const cases: readonly Case[] = [
  {
    what: 'the first at once, the newest of the rest at the end of the interval',
    source: 'abc 2s |',
    result: 'a 799ms c 1202ms |',
  },
  {
    what: 'one per interval as they come',
    source: 'a 999ms b 999ms c 2s |',
    result: 'a 999ms b 999ms c 2s |',
  },
  {
    what: 'slightly early ones as they come',
    source: 'a 899ms b 999ms c 2s |',
    result: 'a 899ms b 999ms c 2s |',
  },
  // After a stall of 300 ms the next is too early by more than the slack and waits, the ones after it less and less.
  {
    what: 'back in step after a late one',
    source: 'a 1299ms b 699ms c 999ms d 1s |',
    result: 'a 1299ms b 799ms c 999ms d 900ms |',
  },
  { what: 'nothing after the end', source: 'ab 100ms |', result: 'a 101ms |' },
  { what: 'an error at once', source: 'ab 100ms #', result: 'a 101ms #' },
];

describe('conflate', () => {
  for (const { what, source, result } of cases)
    test(what, () => {
      const virtual = scheduler();
      virtual.run(({ hot, expectObservable }) => {
        const options = { intervalMs: 1_000, slackMs: 200, scheduler: virtual };
        expectObservable(hot(source).pipe(conflate(options))).toBe(result);
      });
    });

  test('a free item passes and uses up no turn; a held one stays before it', () => {
    const virtual = scheduler();
    virtual.run(({ hot, expectObservable }) => {
      const options = {
        intervalMs: 1_000,
        slackMs: 0,
        scheduler: virtual,
        isFree: (item: string) => item === 'f',
      };
      expectObservable(hot('fab 2s |').pipe(conflate(options))).toBe('fa 999ms b 1001ms |');
    });
  });

  test('who leaves is not called again', () => {
    const virtual = scheduler();
    virtual.run(({ hot, expectObservable }) => {
      const options = { intervalMs: 1_000, slackMs: 0, scheduler: virtual };
      expectObservable(hot('ab 3s |').pipe(conflate(options)), '500ms !').toBe('a');
    });
  });

  test('a million items in one interval hold one', () => {
    const virtual = new VirtualTimeScheduler();
    const passed: number[] = [];
    let replaced = 0;
    const options = {
      intervalMs: 1_000,
      slackMs: 0,
      scheduler: virtual,
      onReplaced: () => replaced++,
    };
    const source = new Subject<number>();
    source.pipe(conflate(options)).subscribe((item) => passed.push(item));
    for (let item = 0; item < 1_000_000; item++) source.next(item);
    expect(virtual.actions).toHaveLength(1);
    virtual.flush();
    expect([passed, replaced]).toEqual([[0, 999_999], 999_998]);
  });

  test('a clock that was set back by an hour does not hold items back for an hour', () => {
    let nowMs = 3_600_000;
    const virtual = new VirtualTimeScheduler();
    virtual.now = () => nowMs;
    const passed: string[] = [];
    const source = new Subject<string>();
    source
      .pipe(conflate({ intervalMs: 1_000, slackMs: 200, scheduler: virtual }))
      .subscribe((item) => passed.push(item));
    source.next('before');
    nowMs = 0;
    source.next('after');
    expect(passed).toEqual(['before', 'after']);
  });
});
