/**
 * The languages we speak. A new one: a name per metric in protocol's catalogue, a folder of three files beside
 * `en/`, and a line in each table here.
 */
import type { Language } from '@openmanager/protocol';
import * as en from './en/common.ts';
import * as ko from './ko/common.ts';
import type { AlertMessages, ErrorMessages, RuleWarningMessages } from './en/common.ts';
import type { CliMessages } from './en/cli.ts';
import type { DashboardMessages } from './en/dashboard.ts';

type InEach<T> = Readonly<Record<Language, T>>;
type Loaded<T> = InEach<() => Promise<{ readonly messages: T }>>;

/** Each by its own name. */
export const languageNames: InEach<string> = { en: 'English', ko: '한국어' };

/** At hand in every program, since a notification cannot wait for them. */
export const alertMessages: InEach<AlertMessages> = { en: en.alerts, ko: ko.alerts };
export const errorMessages: InEach<ErrorMessages> = { en: en.errors, ko: ko.errors };
export const ruleWarningMessages: InEach<RuleWarningMessages> = {
  en: en.ruleWarnings,
  ko: ko.ruleWarnings,
};

/** Loaded in the one language that is shown. */
export const dashboardMessages: Loaded<DashboardMessages> = {
  en: () => import('./en/dashboard.ts'),
  ko: () => import('./ko/dashboard.ts'),
};
export const cliMessages: Loaded<CliMessages> = {
  en: () => import('./en/cli.ts'),
  ko: () => import('./ko/cli.ts'),
};

export const languages: readonly Language[] = Object.keys(languageNames) as Language[];

/** The first of some BCP 47 languages or POSIX locales that we speak, English if none. */
export function preferredLanguage(wanted: readonly string[]): Language {
  for (const one of wanted) {
    const code = one.toLowerCase().split(/[-_.]/, 1)[0];
    const found = languages.find((language) => language === code);
    if (found) return found;
  }
  return 'en';
}
