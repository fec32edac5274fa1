import type { Alert } from '@openmanager/protocol';
import { useClient } from '@openmanager/react';
import { useEffect, useReducer, useRef, type JSX } from 'react';
import { Link } from 'wouter';
import { alertSentence } from '@openmanager/texts';
import { severityLook } from '../ui/severity.ts';
import { useLanguage } from '../i18n/locale.ts';
import { Button } from '../ui/Button.tsx';
import { Icon } from '../ui/icons.tsx';
import { toastReducer } from '../state/toast-list.ts';
import css from './toasts.module.css';

const SHOWN_MS = 10_000;

/** Announces each alert that starts to fire, on screen and to screen readers. */
export function Toasts(): JSX.Element {
  const { t } = useLanguage();
  const client = useClient();
  const [shown, dispatch] = useReducer(toastReducer, []);
  useEffect(() => client.onAlert((alert) => dispatch({ type: 'add', alert })), [client]);
  return (
    <section
      className={css['toasts']}
      aria-label={t('toast.region')}
      aria-live="assertive"
      aria-relevant="additions"
    >
      {shown.map((alert) => (
        <Toast
          key={`${alert.id} ${alert.firedAtMs}`}
          alert={alert}
          onClose={() => dispatch({ type: 'close', id: alert.id })}
        />
      ))}
    </section>
  );
}

function Toast({
  alert,
  onClose,
}: {
  readonly alert: Alert;
  readonly onClose: () => void;
}): JSX.Element {
  const { t, format } = useLanguage();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const close = useRef(onClose);
  close.current = onClose;
  const start = (): void => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => close.current(), SHOWN_MS);
  };
  const hold = (): void => clearTimeout(timer.current);
  useEffect(() => {
    start();
    return hold;
    // Once per toast: it is keyed by its alert.
  }, []);
  const look = severityLook[alert.severity];
  return (
    <div
      className={css['toast']}
      data-severity={alert.severity}
      onPointerEnter={hold}
      onPointerLeave={start}
      onFocus={hold}
      onBlur={start}
    >
      <Icon name={look.icon} size={18} />
      <div>
        <strong>
          <span className="visually-hidden">{t(look.label)}: </span>
          <Link href={`/hosts/${encodeURIComponent(alert.target.id)}`}>{alert.target.name}</Link>
        </strong>
        <p>{alertSentence(format, alert)}</p>
      </div>
      <Button look="quiet" square aria-label={t('common.close')} onClick={onClose}>
        <Icon name="close" />
      </Button>
    </div>
  );
}
