import { useEffect } from 'react';
import { useLocation } from 'wouter';
import { useLanguage } from '../../i18n/locale.ts';

/** While somebody is signed in: push goes on in the reader's language, and a click on it leads to its page. */
export function usePush(): void {
  const { locale } = useLanguage();
  const [, navigate] = useLocation();
  useEffect(() => {
    let ended = false;
    let stop = (): void => undefined;
    // Not part of what the first page waits for.
    void import('./subscribe.ts').then(({ onPushOpened, refreshPush }) => {
      if (ended) return;
      stop = onPushOpened(navigate);
      // A hub or push service that cannot be reached now is asked again at the next visit.
      refreshPush(locale).catch(() => undefined);
    });
    return () => {
      ended = true;
      stop();
    };
  }, [locale, navigate]);
}
