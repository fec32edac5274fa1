import { DAY_MS, MINUTE_MS } from '@openmanager/protocol/durations';
import { useSyncExternalStore } from 'react';
import * as v from 'valibot';
import { languages, preferredLanguage } from '@openmanager/texts';
import { activate, type Locale } from '../i18n/locale.ts';

export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

export const fleetLayouts = ['cards', 'rows'] as const;
export type FleetLayout = (typeof fleetLayouts)[number];

export const fleetOrders = ['priority', 'name', 'cpu', 'memory', 'disk', 'network'] as const;
export type FleetOrder = (typeof fleetOrders)[number];

/** What this browser remembers. Nothing here is secret. */
export interface Preferences {
  readonly theme: Theme;
  /** Undefined follows the browser's language. */
  readonly locale?: Locale | undefined;
  readonly fleetLayout: FleetLayout;
  readonly fleetOrder: FleetOrder;
  readonly chartWindowMs: number;
}

export const preferencesDefaults: Preferences = {
  theme: 'system',
  fleetLayout: 'cards',
  fleetOrder: 'priority',
  chartWindowMs: 5 * MINUTE_MS,
};

const KEY = 'openmanager.preferences';

/** Each field falls back alone, so that one strange value does not forget the others. */
const schema = v.object({
  theme: v.fallback(v.picklist(themes), preferencesDefaults.theme),
  locale: v.fallback(v.optional(v.picklist(languages)), undefined),
  fleetLayout: v.fallback(v.picklist(fleetLayouts), preferencesDefaults.fleetLayout),
  fleetOrder: v.fallback(v.picklist(fleetOrders), preferencesDefaults.fleetOrder),
  chartWindowMs: v.fallback(
    v.pipe(v.number(), v.minValue(MINUTE_MS), v.maxValue(DAY_MS)),
    preferencesDefaults.chartWindowMs,
  ),
});

export function parsePreferences(text: string | null): Preferences {
  try {
    const parsed = v.safeParse(schema, JSON.parse(text ?? '{}'));
    return parsed.success ? parsed.output : preferencesDefaults;
  } catch {
    return preferencesDefaults;
  }
}

function read(): Preferences {
  try {
    return parsePreferences(localStorage.getItem(KEY));
  } catch {
    return preferencesDefaults;
  }
}

let preferences: Preferences = read();
const listeners = new Set<() => void>();

function apply(): void {
  const root = document.documentElement;
  if (preferences.theme === 'system') delete root.dataset['theme'];
  else root.dataset['theme'] = preferences.theme;
  for (const listener of listeners) listener();
}

export function currentPreferences(): Preferences {
  return preferences;
}

export function wantedLocale(): Locale {
  return preferences.locale ?? preferredLanguage(navigator.languages);
}

export function setPreferences(change: Partial<Preferences>): void {
  preferences = { ...preferences, ...change };
  try {
    localStorage.setItem(KEY, JSON.stringify(preferences));
  } catch {
    // Storage refused: the choice holds until the page is left.
  }
  apply();
  if ('locale' in change) void activate(wantedLocale());
}

/** Follows changes made in other tabs. */
export function watchPreferences(): void {
  addEventListener('storage', (event) => {
    if (event.key !== KEY) return;
    preferences = parsePreferences(event.newValue);
    apply();
    void activate(wantedLocale());
  });
  apply();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(subscribe, currentPreferences);
}
