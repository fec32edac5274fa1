import {
  alertMessages,
  createFormat,
  dashboardMessages,
  errorMessages,
  formatMessage,
  ruleWarningMessages,
  type AlertMessages,
  type DashboardMessages,
  type ErrorMessages,
  type Format,
  type Language as Locale,
  type MessageValues,
  type RuleWarningMessages,
} from '@openmanager/texts';
import { metricName, type MetricName } from '@openmanager/protocol';
import { useSyncExternalStore } from 'react';

export type { Format, Locale };

/** A message, or a metric, which gets its name; one that has none keeps its own. */
export type MessageId =
  | keyof DashboardMessages
  | keyof AlertMessages
  | keyof ErrorMessages
  | keyof RuleWarningMessages
  | MetricName;
export type Translate = (id: MessageId, values?: MessageValues) => string;

interface Language {
  readonly locale: Locale;
  readonly t: Translate;
  readonly format: Format;
}

const listeners = new Set<() => void>();
let current: Language | undefined;
let wanted: Locale | undefined;

/** Loads a catalogue and shows it everywhere; the last call wins when two overlap. */
export async function activate(locale: Locale): Promise<void> {
  wanted = locale;
  const { messages: own } = await dashboardMessages[locale]();
  if (wanted !== locale) return;
  const messages = {
    ...alertMessages[locale],
    ...errorMessages[locale],
    ...ruleWarningMessages[locale],
    ...own,
  };
  const region =
    typeof navigator === 'undefined'
      ? locale
      : (navigator.languages.find((l) => l.startsWith(locale)) ?? locale);
  current = {
    locale,
    // A new function per language, so that memoised components see the change.
    t: (id, values) =>
      Object.hasOwn(messages, id)
        ? formatMessage(locale, messages[id as keyof typeof messages], values)
        : metricName(id, locale),
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
