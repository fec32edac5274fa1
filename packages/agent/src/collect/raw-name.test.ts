import { limits, parseSeriesKey, seriesKey, seriesSchema } from '@openmanager/protocol';
import * as v from 'valibot';
import { expect, it } from 'vitest';
import { cutName, rawName, rawPath, shownName } from './raw-name.ts';

const bytes = (...parts: readonly (string | number)[]): string =>
  parts
    .map((part) => (typeof part === 'number' ? String.fromCharCode(part) : rawName(part)))
    .join('');

it.each([
  ['/plain', '/plain'],
  [rawName('/mnt/사진 🚀'), '/mnt/사진 🚀'],
  [rawName('/a"quote\\and\nline'), '/a"quote\\and\nline'],
  [bytes('/caf', 0xe9, '/x'), '/caf\\xe9/x'],
  [bytes('/', 0xff, 0xfe, '한', 0xed, 0xa0, 0x80), '/\\xff\\xfe한\\xed\\xa0\\x80'],
  // The start of a character that goes on nowhere, as where the kernel cuts a name at 15 bytes.
  [bytes('한글', 0xea, 0xb8), '한글\\xea\\xb8'],
  [bytes('bell', 7, 'esc', 0x1b, '[31m', 0x7f), 'bell\\x07esc\\x1b[31m\\x7f'],
])('%j is shown as %j', (raw, shown) => {
  expect(shownName(raw)).toBe(shown);
  const key = seriesKey('system.disk.io', { 'system.device': shownName(raw) });
  expect(parseSeriesKey(key).attributes['system.device']).toBe(shown);
  // As a hub checks what it is told.
  expect(v.is(seriesSchema, parseSeriesKey(key))).toBe(true);
});

it('a name of any bytes is no longer than a label, well formed, and fits into a key', () => {
  let state = 1;
  const random = (): number => (state = (state * 48_271) % 2_147_483_647);
  for (let round = 0; round < 200; round++) {
    const raw = Array.from({ length: random() % 600 }, () => String.fromCharCode(random() % 256));
    const shown = shownName(raw.join(''));
    expect(shown.length).toBeLessThanOrEqual(limits.nameLength);
    expect(shown.isWellFormed()).toBe(true);
    expect(JSON.stringify(shown).length).toBeLessThanOrEqual(2 * limits.nameLength + 2);
  }
});

it('a long name keeps its begin and its end', () => {
  const long = `/var/lib/${'d'.repeat(400)}/volume-17`;
  const cut = cutName(long);
  expect(cut).toHaveLength(limits.nameLength);
  expect(cut.startsWith('/var/lib/d')).toBe(true);
  expect(cut.endsWith('d/volume-17')).toBe(true);
  expect(cutName('🚀'.repeat(200)).isWellFormed()).toBe(true);
});

it('a path of any bytes leads to its place', () => {
  expect(rawPath('/r', '/plain')).toBe('/r/plain');
  expect(rawPath('/r', bytes('/', 0xff))).toEqual(Buffer.from([0x2f, 0x72, 0x2f, 0xff]));
});
