import type { JSX } from 'react';
import { Link, useLocation } from 'wouter';
import { usePageTitle } from '../../state/firing.ts';
import { useT, type MessageId } from '../../i18n/locale.ts';
import css from './manage.module.css';

const places: readonly (readonly [path: string, label: MessageId])[] = [
  ['/alerts', 'alerts.now'],
  ['/alerts/rules', 'rules.title'],
  ['/alerts/silences', 'silences.title'],
  ['/alerts/receivers', 'receivers.title'],
  ['/alerts/routing', 'routing.title'],
  ['/alerts/sent', 'sent.title'],
];

/** Everything about alerts, one line under the header. */
export function AlertNav(): JSX.Element {
  const t = useT();
  const [path] = useLocation();
  const label = places.find(([place]) => place === path)?.[1] ?? 'nav.alerts';
  usePageTitle(t(label));
  return (
    <nav className={css['nav']} aria-label={t('nav.alerts')}>
      <h1 className="visually-hidden">{t(label)}</h1>
      {places.map(([place, id]) => (
        <Link key={place} href={place} aria-current={place === path ? 'page' : undefined}>
          {t(id)}
        </Link>
      ))}
    </nav>
  );
}
