import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setupI18n } from '@lingui/core';
import { compileMessage } from '@lingui/message-utils/compileMessage';
import { metrics, type Language } from '@openmanager/protocol';
import { describe, expect, test } from 'vitest';
import {
  alertMessages,
  cliMessages,
  dashboardMessages,
  errorMessages,
  languages,
  preferredLanguage,
} from './languages.ts';
import { formatMessage } from './message.ts';

type Messages = Readonly<Record<string, string>>;

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Each catalogue in all languages, with the sources that may use it. */
const catalogues: readonly {
  readonly name: string;
  readonly messages: Readonly<Record<Language, Messages>>;
  readonly users: readonly string[];
}[] = [
  {
    name: 'dashboard',
    messages: await loaded(dashboardMessages),
    users: ['apps/dashboard/src'],
  },
  { name: 'cli', messages: await loaded(cliMessages), users: ['packages/cli/src'] },
  {
    name: 'alerts',
    messages: alertMessages,
    users: ['packages/texts/src', 'packages/react/src', 'apps/dashboard/src'],
  },
  {
    name: 'errors',
    messages: errorMessages,
    users: ['apps/dashboard/src', 'packages/cli/src'],
  },
];

async function loaded(
  loaders: Readonly<Record<Language, () => Promise<{ readonly messages: Messages }>>>,
): Promise<Readonly<Record<Language, Messages>>> {
  const all = languages.map(async (one) => [one, (await loaders[one]()).messages] as const);
  return Object.fromEntries(await Promise.all(all)) as Record<Language, Messages>;
}

/** Sources without tests and catalogues. */
function sourcesOf(folders: readonly string[]): string {
  return folders
    .flatMap((folder) =>
      readdirSync(root + folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.tsx?$/.test(name) && !/\.test\./.test(name))
        .map((name) => `${folder}/${name}`),
    )
    .filter((path) => !/texts\/src\/\w\w\//.test(path))
    .map((path) => readFileSync(root + path, 'utf8'))
    .join('\n');
}

function placeholders(text: string): readonly string[] {
  return [...new Set([...text.matchAll(/\{(\w+)[,}]/g)].map((match) => match[1] as string))].sort();
}

describe.each(catalogues)('$name', ({ name, messages, users }) => {
  const ids = Object.keys(messages.en).sort();

  test.each(languages)('%s has the same messages with the same values', (language) => {
    const own = messages[language];
    expect(Object.keys(own).sort()).toEqual(ids);
    for (const id of ids) {
      expect(own[id]?.trim(), id).not.toBe('');
      expect([id, placeholders(own[id] as string)]).toEqual([
        id,
        placeholders(messages.en[id] as string),
      ]);
    }
  });

  test('every message is used', () => {
    const text = sourcesOf(users);
    // `rule.${aggregate}` uses all of its group; the compiler knows that each of them exists.
    const groups = [...text.matchAll(/`([a-zA-Z.]+\.)\$\{/g)].map(([, group = '']) => group);
    const unused = ids.filter(
      (id) =>
        !text.includes(`'${id}'`) &&
        !(name === 'cli' && text.includes(`${id}:`)) &&
        !groups.some((group) => id.startsWith(group)),
    );
    expect(unused).toEqual([]);
  });

  test('Korean is Korean', () => {
    const latin = ids.filter(
      (id) => !/[가-힣]/.test((messages.ko[id] as string).replaceAll(/\{\w+\}|[:\s]/g, '')),
    );
    expect(latin).toEqual(
      name === 'dashboard'
        ? ['process.cpu', 'process.pid']
        : name === 'alerts'
          ? ['alert.title']
          : [],
    );
  });

  test.each(languages)('in %s our formatter says what ICU says', (language) => {
    for (const id of ids) {
      const message = messages[language][id] as string;
      // Quoting is the part of ICU that ours has not.
      expect(message, id).not.toContain("'");
      const i18n = setupI18n({
        locale: language,
        messages: { [language]: { [id]: compileMessage(message) } },
      });
      for (const count of [0, 1, 2, 5, 1234]) {
        const values = Object.fromEntries(placeholders(message).map((one) => [one, count]));
        expect([id, formatMessage(language, message, values)]).toEqual([id, i18n._(id, values)]);
      }
    }
  });
});

test('metrics have a name in each language', () => {
  for (const [metric, { name }] of Object.entries(metrics))
    expect([metric, ...Object.keys(name)]).toEqual([metric, ...languages]);
});

test('no sentence stands in two catalogues', () => {
  for (const language of languages) {
    const seen = new Map<string, string>();
    const twice: string[] = [];
    for (const { name, messages } of catalogues)
      for (const text of new Set(Object.values(messages[language]))) {
        if (!/\s\S+\s/.test(text)) continue;
        const other = seen.get(text);
        if (other !== undefined) twice.push(`${text} (${other}, ${name})`);
        seen.set(text, name);
      }
    expect(twice).toEqual([]);
  }
});

test('no text for people is written into components', () => {
  // Words between tags, or in attributes that are read out.
  const texts = [
    ...sourcesOf(['apps/dashboard/src']).matchAll(
      />\s*([A-Z][a-z]+(?: [a-z]+)+)[^<>{}()]*<\/|(?:aria-label|title|placeholder)="([^"]+)"/g,
    ),
  ]
    .map((match) => match[1] ?? match[2] ?? '')
    // Names and patterns, such as hostId or /backup*, are the same in every language.
    .filter((words) => !/^[^A-Z\s]\S*$/.test(words));
  expect(texts).toEqual([]);
});

test('the first language that we speak is taken, of a browser or a locale', () => {
  expect(preferredLanguage(['ko-KR', 'en'])).toBe('ko');
  expect(preferredLanguage(['la-VA', 'KO'])).toBe('ko');
  expect(preferredLanguage(['la-VA', 'eo'])).toBe('en');
  expect(preferredLanguage(['ko_KR.UTF-8'])).toBe('ko');
  expect(preferredLanguage(['C.UTF-8'])).toBe('en');
  expect(preferredLanguage(['kok'])).toBe('en');
  expect(preferredLanguage([])).toBe('en');
});
