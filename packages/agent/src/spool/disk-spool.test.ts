import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { seriesSet } from '@openmanager/protocol';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DiskSpool } from './disk-spool.ts';
import type { Entry } from './entry.ts';
import { firstMark, isAfter, type Mark } from './mark.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spool-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const sets = [seriesSet(['a']), seriesSet(['a', 'b{c="ü"}'])] as const;
const NOW = 1_700_000_000_000;

function entry(bootEpoch: number, seq: number, size = 40, timeMs = NOW): Entry {
  const bytes = new Uint8Array(size).fill(seq % 251);
  return { mark: { bootEpoch, seq }, timeMs, set: sets[seq % 2] as (typeof sets)[0], bytes };
}

function open(options: Partial<ConstructorParameters<typeof DiskSpool>[0]> = {}): DiskSpool {
  return new DiskSpool({ folder, now: () => NOW, ...options });
}

/** Everything after a mark, in the order it would be sent. */
function drain(spool: DiskSpool, from: Mark = firstMark): Entry[] {
  const found: Entry[] = [];
  for (let next = spool.after(from); next; next = spool.after(next.mark)) found.push(next);
  return found;
}

const seqs = (entries: readonly Entry[]): number[] => entries.map(({ mark }) => mark.seq);

describe('a queue on disk', () => {
  it('behaves as a list does, whatever is appended, acknowledged, reopened', () => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('append' as const),
        count: fc.integer({ min: 1, max: 8 }),
        size: fc.integer({ min: 1, max: 900 }),
      }),
      fc.record({
        kind: fc.constant('acknowledge' as const),
        share: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
      fc.record({ kind: fc.constant('reopen' as const) }),
      fc.record({ kind: fc.constant('boot' as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const place = mkdtempSync(join(folder, 'run-'));
        let spool = open({ folder: place, segmentBytes: 2_000 });
        let model: Entry[] = [];
        let acknowledged = firstMark;
        let bootEpoch = 1;
        let seq = 0;
        for (const action of steps) {
          if (action.kind === 'append') {
            const added = Array.from({ length: action.count }, () =>
              entry(bootEpoch, ++seq, action.size),
            );
            expect(spool.append(added)).toEqual({ written: added.length, error: undefined });
            model.push(...added);
          } else if (action.kind === 'acknowledge') {
            const upTo = model[Math.floor(action.share * model.length) - 1];
            if (!upTo) continue;
            acknowledged = upTo.mark;
            spool.settle({ ...acknowledged, ranges: [] });
            model = model.filter(({ mark }) => isAfter(mark, acknowledged));
          } else if (action.kind === 'reopen') {
            spool.close();
            spool = open({ folder: place, segmentBytes: 2_000 });
          } else {
            bootEpoch++;
            seq = 0;
          }
          const found = drain(spool, acknowledged);
          expect(found.map(({ mark }) => mark)).toEqual(model.map(({ mark }) => mark));
          expect(
            found.every((got, at) => Buffer.compare(got.bytes, (model[at] as Entry).bytes) === 0),
          ).toBe(true);
          expect(
            found.every((got, at) => got.set.keys.join() === (model[at] as Entry).set.keys.join()),
          ).toBe(true);
        }
        expect(spool.dropped + spool.damaged).toBe(0);
        spool.close();
      }),
      { numRuns: 60 },
    );
  });

  it('drops the oldest beyond its size, and counts them exactly', () => {
    const spool = open({ maxBytes: 20_000, segmentBytes: 2_000 });
    for (let seq = 1; seq <= 200; seq++) {
      spool.append([entry(1, seq, 400)]);
      expect(spool.bytes).toBeLessThan(20_000 + 2_000);
      if (seq === 3) spool.settle({ bootEpoch: 1, seq: 2, ranges: [] });
    }
    const left = seqs(drain(spool));
    expect(left.at(-1)).toBe(200);
    // Two were acknowledged: those are not lost.
    expect(spool.dropped + left.length).toBe(198);
    expect(
      readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0),
    ).toBe(spool.bytes);
    spool.close();
  });

  it('drops what is too old', () => {
    const spool = open({ maxAgeMs: 1000, segmentBytes: 100 });
    spool.append([entry(1, 1, 100, NOW - 5000), entry(1, 2, 100, NOW - 10), entry(1, 3, 100)]);
    expect(seqs(drain(spool))).toEqual([2, 3]);
    expect(spool.dropped).toBe(1);
    spool.close();
  });

  it('frees the disk when everything is acknowledged', () => {
    const spool = open();
    spool.append([entry(1, 1), entry(1, 2)]);
    spool.settle({ bootEpoch: 1, seq: 2, ranges: [] });
    expect(readdirSync(folder)).toEqual([]);
    expect(spool.isEmpty).toBe(true);
  });
});

describe('damage', () => {
  const onlyFile = (): string => join(folder, readdirSync(folder)[0] as string);

  it('a tail torn at any byte costs the last batch only', () => {
    const spool = open();
    spool.append([entry(1, 1)]);
    spool.append([entry(1, 2)]);
    const whole = spool.bytes;
    spool.append([entry(1, 3)]);
    spool.close();
    const bytes = readFileSync(onlyFile());
    for (let length = whole; length < bytes.length; length++) {
      writeFileSync(onlyFile(), bytes);
      truncateSync(onlyFile(), length);
      const again = open();
      expect(seqs(drain(again))).toEqual([1, 2]);
      expect(again.damaged).toBe(length === whole ? 0 : 1);
    }
  });

  it('a flipped byte costs one batch, and what follows is read', () => {
    const spool = open();
    spool.append([entry(1, 1), entry(1, 3), entry(1, 5), entry(1, 7)]);
    spool.close();
    const bytes = readFileSync(onlyFile());
    bytes[bytes.length - 100] = (bytes[bytes.length - 100] as number) ^ 0xff;
    writeFileSync(onlyFile(), bytes);
    const again = open();
    expect(again.damaged).toBe(1);
    expect(seqs(drain(again))).toEqual([1, 3, 7]);
  });

  it('whichever bit flips, each batch is read or counted', () => {
    const spool = open();
    spool.append([entry(1, 1), entry(1, 3), entry(1, 5), entry(1, 7)]);
    spool.close();
    const place = onlyFile();
    const bytes = readFileSync(place);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      writeFileSync(place, flipped);
      const again = open();
      const read = drain(again).length;
      // A damaged series set costs all that need it.
      expect([read, again.damaged], `bit ${bit}`).toSatisfy(
        ([left, lost]: number[]) =>
          left === 4 || (left === 3 && lost === 1) || (left === 0 && lost === 5),
      );
    }
  });

  it('random bytes are never a batch, and nothing throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (noise, afterGood) => {
        const place = mkdtempSync(join(folder, 'noise-'));
        if (afterGood) {
          const spool = open({ folder: place });
          spool.append([entry(1, 1)]);
          spool.close();
          appendFileSync(join(place, '00000001.spool'), noise);
        } else writeFileSync(join(place, '00000001.spool'), noise);
        expect(seqs(drain(open({ folder: place })))).toEqual(afterGood ? [1] : []);
      }),
    );
  });

  it('a full disk keeps what was written, and says how much that was', () => {
    const spool = open({ segmentBytes: 200 });
    expect(spool.append([entry(1, 1)]).error).toBeUndefined();
    rmSync(folder, { recursive: true });
    const { written, error } = spool.append([entry(1, 2, 300), entry(1, 3, 300)]);
    expect(written).toBeLessThan(2);
    expect(error).toBeInstanceOf(Error);
  });

  it('a process killed in the middle of writing loses nothing that it had reported as written', async () => {
    const script = fileURLToPath(new URL('../../test/spool-writer.ts', import.meta.url));
    for (let round = 0; round < 3; round++) {
      const place = mkdtempSync(join(folder, 'kill-'));
      const writer = spawn(process.execPath, ['--conditions=source', script, place], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let told = '';
      writer.stdout.on('data', (chunk: Buffer) => {
        told += chunk.toString();
        // Somewhere in the middle, at another place each round.
        if (told.length > 2_000 + round * 1_777) writer.kill('SIGKILL');
      });
      await once(writer, 'close');
      const reported = Number(told.slice(0, told.lastIndexOf('\n')).split('\n').at(-1));
      const found = seqs(drain(open({ folder: place })));
      expect(reported).toBeGreaterThan(100);
      expect(found.slice(0, reported)).toEqual(
        Array.from({ length: reported }, (_, index) => index + 1),
      );
    }
  });
});
