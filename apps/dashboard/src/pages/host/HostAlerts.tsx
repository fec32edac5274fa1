import type { Alert } from '@openmanager/protocol';
import { useAlerts } from '@openmanager/react';
import { alertSentence } from '@openmanager/texts';
import { useCallback, type JSX } from 'react';
import { useLanguage } from '../../i18n/locale.ts';
import { useNow } from '../../state/now.ts';
import { Icon } from '../../ui/icons.tsx';
import { severityLook } from '../../ui/severity.ts';
import css from './host-alerts.module.css';

/** What fires on the host. */
export function HostAlerts({ hostId }: { readonly hostId: string }): JSX.Element | null {
  const { t, format } = useLanguage();
  const select = useCallback(
    (alerts: readonly Alert[]) =>
      alerts.filter((alert) => alert.target.id === hostId && alert.state === 'firing'),
    [hostId],
  );
  const alerts = useAlerts(select);
  const nowMs = useNow();
  if (alerts.length === 0) return null;
  return (
    <ul className={css['alerts']} aria-label={t('alerts.firing')}>
      {alerts.map((alert) => {
        const look = severityLook[alert.severity];
        return (
          <li key={alert.id} className={css['alert']} data-severity={alert.severity}>
            <Icon name={look.icon} />
            <strong>{t(look.label)}</strong>
            <span>{alertSentence(format, alert)}</span>
            <span className={css['since']}>
              {t('alert.for', {
                span: format.duration(nowMs - (alert.firedAtMs ?? alert.activeAtMs)),
              })}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
