import type { JSX } from 'react';
import { Link } from 'wouter';
import { useT } from '../i18n/locale.ts';
import { useHealth } from '../state/health.ts';
import css from './connection.module.css';

/** On every page while the hub cannot do its job: what is shown beside it may be all that there is. */
export function HealthBanner(): JSX.Element | null {
  const t = useT();
  const health = useHealth();
  if (health?.status !== 'down') return null;
  return (
    <div className={css['banner']} role="alert">
      {t('system.down')} <Link href="/system">{t('system.downMore')}</Link>
    </div>
  );
}
