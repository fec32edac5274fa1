import { setupI18n, type I18n } from '@lingui/core';
import { useSyncExternalStore } from 'react';
import { createFormat, type Format } from '../format/units.ts';
import type { MessageId } from './en.ts';

export const locales = ['en', 'ko'] as const;
export type Locale = (typeof locales)[number];

export type MessageValues = Readonly<Record<string, string | number>>;
export type Translate = (id: MessageId, values?: MessageValues) => string;

interface Language {
  readonly locale: Locale;
  readonly t: Translate;
  readonly format: Format;
}

/** ICU messages, compiled when the dashboard is built. Each catalogue is a chunk of its own. */
const catalogues: Readonly<
  Record<Locale, () => Promise<{ readonly messages: Readonly<Record<string, unknown>> }>>
> = {
  en: () => import('./en.ts'),
  ko: () => import('./ko.ts'),
};

const i18n: I18n = setupI18n();
const listeners = new Set<() => void>();
let current: Language | undefined;
let wanted: Locale | undefined;

/** The first language of the list we speak. */
export function preferredLocale(languages: readonly string[]): Locale {
  for (const language of languages) {
    const found = locales.find((locale) => language.toLowerCase().split('-')[0] === locale);
    if (found) return found;
  }
  return 'en';
}

/** Loads a catalogue and shows it everywhere; the last call wins when two overlap. */
export async function activate(locale: Locale): Promise<void> {
  wanted = locale;
  const { messages } = await catalogues[locale]();
  if (wanted !== locale) return;
  i18n.load(locale, messages as Parameters<I18n['load']>[1]);
  i18n.activate(locale);
  const region =
    typeof navigator === 'undefined'
      ? locale
      : (navigator.languages.find((l) => l.startsWith(locale)) ?? locale);
  current = {
    locale,
    // A new function per language, so that memoised components see the change.
    t: (id, values) => i18n._(id, values),
    format: createFormat(locale, region),
  };
  if (typeof document !== 'undefined') document.documentElement.lang = locale;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function getSnapshot(): Language {
  if (!current) throw new Error('activate() must have resolved before the first render');
  return current;
}

export function useLanguage(): Language {
  return useSyncExternalStore(subscribe, getSnapshot);
}

export function useT(): Translate {
  return useLanguage().t;
}

export function useFormat(): Format {
  return useLanguage().format;
}

/** For code outside components, such as native notifications. */
export function currentLanguage(): Language {
  return getSnapshot();
}
