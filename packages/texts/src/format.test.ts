import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createFormat, scaleBytes } from './format.ts';

const en = createFormat('en', 'en-GB');
const ko = createFormat('ko', 'ko-KR');
/** Units are bound to their number by a no-break space. */
const plain = (text: string): string => text.replaceAll('\u00a0', ' ');

describe('format', () => {
  test('shares as percent', () => {
    expect(en.percent(0.1234)).toBe('12.3%');
    expect(en.percent(1, 0)).toBe('100%');
    expect(en.percent(Number.NaN)).toBe('–');
  });

  test('bytes in binary units', () => {
    expect(plain(en.bytes(0))).toBe('0 B');
    expect(plain(en.bytes(999))).toBe('999 B');
    expect(plain(en.bytes(1024))).toBe('1.0 KiB');
    expect(plain(en.bytes(1536))).toBe('1.5 KiB');
    expect(plain(en.bytes(200 * 1024 ** 3))).toBe('200 GiB');
    expect(plain(en.byteRate(1.5 * 1024 ** 2))).toBe('1.5 MiB/s');
    expect(en.bytes(Number.POSITIVE_INFINITY)).toBe('–');
  });

  test('scaled bytes keep their value and never need four digits', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 50 }), (bytes) => {
        const { value, power } = scaleBytes(bytes);
        expect(value * 1024 ** power).toBeCloseTo(bytes, -3);
        expect(value).toBeLessThan(1000);
      }),
    );
  });

  test('spans in the two largest units of each language', () => {
    const ms = ((3 * 24 + 4) * 60 + 5) * 60_000;
    expect(plain(en.duration(ms))).toBe('3 d 4 h');
    expect(ko.duration(ms)).toBe('3일 4시간');
    expect(plain(en.duration(0))).toBe('0 s');
    expect(plain(en.duration(3_600_000))).toBe('1 h');
    expect(ko.duration(65_000)).toBe('1분 5초');
  });

  test('latencies', () => {
    expect(plain(en.latency(0.84))).toBe('0.8 ms');
    expect(plain(en.latency(12.4))).toBe('12 ms');
    expect(plain(en.latency(3200))).toBe('3.2 s');
  });

  test('ages in each language', () => {
    const now = 1_000_000_000_000;
    expect(en.ago(now - 300_000, now)).toMatch(/5 min/);
    expect(ko.ago(now - 300_000, now)).toMatch(/5분 전/);
    expect(ko.ago(now, now)).toBe('지금');
    // A clock that is a little ahead does not make the future.
    expect(en.ago(now + 5000, now)).toBe('now');
  });

  test('axis marks have the decimals that tell neighbours apart', () => {
    expect(en.axis(0.5, '1', 0.5)).toBe('50%');
    expect(en.axis(0.005, '1', 0.005)).toBe('0.5%');
    expect(plain(en.axis(1.5 * 1024 ** 2, 'By/s', 512 * 1024))).toBe('1.5 MiB/s');
    expect(plain(en.axis(0, 'By', 1024))).toBe('0 B');
  });
});
