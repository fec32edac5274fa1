import type { AlertFactsEntry } from '@openmanager/alerting/model';
import type { Alert, Session } from '@openmanager/protocol';
import { useState, type JSX } from 'react';
import { Link } from 'wouter';
import { request } from '../../api/request.ts';
import { useAction } from '../../api/use-action.ts';
import { useLanguage, useT } from '../../i18n/locale.ts';
import { Button, buttonClass } from '../../ui/Button.tsx';
import { Dialog, Actions } from '../../ui/Dialog.tsx';
import { Field } from '../../ui/Field.tsx';
import { Problem } from '../../ui/notice.tsx';
import { Tag } from '../../ui/Tag.tsx';
import { untoldText } from './notify-text.ts';
import css from './manage.module.css';

/** What else is true of an alert: beside its state, never instead of it. */
export function FactTags({
  alert,
  alerts,
  facts,
}: {
  readonly alert: Alert;
  /** All there are, for the one that inhibits it. */
  readonly alerts: readonly Alert[];
  readonly facts: AlertFactsEntry | undefined;
}): JSX.Element {
  const { t, format } = useLanguage();
  const acknowledged = facts?.acknowledged;
  const untold = untoldText(t, format, alert, alerts);
  return (
    <span className={css['tags']}>
      {acknowledged && (
        <Tag tone="ok" title={acknowledged.note}>
          {t('alert.acknowledgedBy', { author: acknowledged.author })}
          {acknowledged.note !== '' && `: ${acknowledged.note}`}
        </Tag>
      )}
      {untold !== undefined && <Tag>{untold}</Tag>}
    </span>
  );
}

export function AlertActions({
  alert,
  facts,
  session,
  onChanged,
}: {
  readonly alert: Alert;
  readonly facts: AlertFactsEntry | undefined;
  readonly session: Session;
  readonly onChanged: () => void;
}): JSX.Element | null {
  const t = useT();
  const [asking, setAsking] = useState(false);
  const [note, setNote] = useState('');
  const { busy, problem, run } = useAction();
  const path = `alerts/${encodeURIComponent(alert.id)}/acknowledgement`;
  const silence = new URLSearchParams({ rule: alert.ruleId, targetId: alert.target.id });
  const done = (work: () => Promise<unknown>): void =>
    void run(async () => {
      await work();
    }).then((worked) => {
      if (worked) {
        setAsking(false);
        onChanged();
      }
    });
  if (alert.state !== 'firing') return null;
  return (
    <span className={css['buttons']}>
      {facts?.acknowledged ? (
        <Button disabled={busy} onClick={() => done(() => request('DELETE', path))}>
          {t('alert.unacknowledge')}
        </Button>
      ) : (
        <Button onClick={() => setAsking(true)}>{t('alert.acknowledge')}</Button>
      )}
      {session.role === 'admin' && (
        <Link href={`/alerts/silences?${silence.toString()}`} className={buttonClass()}>
          {t('alert.silence')}
        </Link>
      )}
      {asking && (
        <Dialog title={t('alert.acknowledge')} onClose={() => setAsking(false)}>
          <form
            className={css['form']}
            onSubmit={(event) => {
              event.preventDefault();
              done(() => request('PUT', path, note === '' ? {} : { note }));
            }}
          >
            <p className={css['hint']}>{t('alert.acknowledgeHint')}</p>
            <Field
              label={t('alert.note')}
              value={note}
              onChange={(event) => setNote(event.currentTarget.value)}
            />
            {problem && <Problem>{problem}</Problem>}
            <Actions>
              <Button onClick={() => setAsking(false)}>{t('common.cancel')}</Button>
              <Button type="submit" look="primary" disabled={busy}>
                {t('alert.acknowledge')}
              </Button>
            </Actions>
          </form>
        </Dialog>
      )}
    </span>
  );
}
