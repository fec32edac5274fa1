import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { messages as en } from './en.ts';
import { messages as ko } from './ko.ts';
import { preferredLocale } from './locale.ts';

const source = fileURLToPath(new URL('../', import.meta.url));

function placeholders(text: string): string[] {
  return [...text.matchAll(/\{(\w+)[,}]/g)].map((match) => match[1] as string).sort();
}

/** The sources of the dashboard without its tests and catalogues. */
function sources(): string {
  return readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter(
      (name) => /\.tsx?$/.test(name) && !/\.test\./.test(name) && !/i18n\/(en|ko)\.ts$/.test(name),
    )
    .map((name) => readFileSync(source + name, 'utf8'))
    .join('\n');
}

test('both catalogues have the same messages, none of them empty', () => {
  expect(Object.keys(ko).sort()).toEqual(Object.keys(en).sort());
  for (const text of [...Object.values(en), ...Object.values(ko)]) expect(text.trim()).not.toBe('');
});

test('a translation has the values of its source', () => {
  for (const [id, text] of Object.entries(en))
    expect([id, ...new Set(placeholders(ko[id as keyof typeof en]))]).toEqual([
      id,
      ...new Set(placeholders(text)),
    ]);
});

test('every message is used, and Korean is Korean', () => {
  const text = sources();
  // `rule.${aggregate}` uses all of its group; the compiler knows that each of them exists.
  const groups = [...text.matchAll(/`([a-zA-Z.]+\.)\$\{/g)].map(([, group = '']) => group);
  const unused = Object.keys(en).filter(
    (id) => !text.includes(`'${id}'`) && !groups.some((group) => id.startsWith(group)),
  );
  expect(unused).toEqual([]);
  const latin = Object.entries(ko)
    .filter(([, message]) => !/[가-힣]/.test(message))
    .map(([id]) => id);
  expect(latin).toEqual(['metric.cpu', 'process.cpu', 'process.pid']);
});

test('no text for people is written into components', () => {
  // Words between tags, or in attributes that are read out.
  const texts = [
    ...sources().matchAll(
      />\s*([A-Z][a-z]+(?: [a-z]+)+)[^<>{}()]*<\/|(?:aria-label|title|placeholder)="([^"]+)"/g,
    ),
  ]
    .map((match) => match[1] ?? match[2] ?? '')
    // Names and patterns, such as hostId or /backup*, are the same in every language.
    .filter((words) => !/^[^A-Z\s]\S*$/.test(words));
  expect(texts).toEqual([]);
});

test('the browser decides the language', () => {
  expect(preferredLocale(['ko-KR', 'en'])).toBe('ko');
  expect(preferredLocale(['fr-FR', 'KO'])).toBe('ko');
  expect(preferredLocale(['fr-FR', 'de'])).toBe('en');
  expect(preferredLocale([])).toBe('en');
});
