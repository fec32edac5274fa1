import type { Alert } from '@openmanager/protocol';

/** More would cover the page; the alerts page has them all. */
export const TOAST_LIMIT = 3;

export type ToastAction =
  | { readonly type: 'add'; readonly alert: Alert }
  | { readonly type: 'close'; readonly id: string };

/** Newest first; an alert that fires again replaces its former toast. */
export function toastReducer(shown: readonly Alert[], action: ToastAction): readonly Alert[] {
  if (action.type === 'close') return shown.filter((alert) => alert.id !== action.id);
  return [action.alert, ...shown.filter((alert) => alert.id !== action.alert.id)].slice(
    0,
    TOAST_LIMIT,
  );
}
