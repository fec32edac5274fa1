import type { Alert } from '@openmanager/protocol';
import { useAlerts } from '@openmanager/react';
import { useEffect } from 'react';

const countFiring = (alerts: readonly Alert[]): number =>
  alerts.reduce((sum, alert) => sum + (alert.state === 'firing' ? 1 : 0), 0);

export function useFiringCount(): number {
  return useAlerts(countFiring);
}

/** The title of the tab counts firing alerts: `(2) Fleet – OpenManager`, with a red dot on the icon. */
export function usePageTitle(title: string): void {
  const firing = useFiringCount();
  useEffect(() => {
    const name = title === '' ? 'OpenManager' : `${title} – OpenManager`;
    document.title = firing > 0 ? `(${firing}) ${name}` : name;
    const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
    const href = firing > 0 ? '/favicon-alert.svg' : '/favicon.svg';
    if (icon && icon.getAttribute('href') !== href) icon.setAttribute('href', href);
  }, [title, firing]);
}
