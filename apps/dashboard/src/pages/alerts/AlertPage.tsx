import type { AlertFactsEntry } from '@openmanager/alerting/model';
import type { Alert, Session } from '@openmanager/protocol';
import { HOUR_MS } from '@openmanager/protocol/durations';
import { useAlerts, useConnection } from '@openmanager/react';
import { alertSentence } from '@openmanager/texts';
import type { JSX } from 'react';
import { Link } from 'wouter';
import { failureCodeText } from '../../api/failure-text.ts';
import { request } from '../../api/request.ts';
import { useAction } from '../../api/use-action.ts';
import { useResource } from '../../api/use-resource.ts';
import { useLanguage } from '../../i18n/locale.ts';
import { useNow } from '../../state/now.ts';
import { Button } from '../../ui/Button.tsx';
import { Icon } from '../../ui/icons.tsx';
import { Empty, Problem } from '../../ui/notice.tsx';
import { severityLook } from '../../ui/severity.ts';
import { FactTags } from './AlertActions.tsx';
import { AlertNav } from './AlertNav.tsx';
import { useAlertHistory } from './history.ts';
import css from './alerts.module.css';
import manage from './manage.module.css';

/** One alert, to which messages link: what it says, and one tap each to acknowledge and to silence it. */
export function AlertPage({
  alertId,
  session,
}: {
  readonly alertId: string;
  readonly session: Session;
}): JSX.Element {
  const alerts = useAlerts();
  const alert = alerts.find(({ id }) => id === alertId);
  return (
    <>
      <AlertNav />
      {alert ? (
        <OneAlert alert={alert} alerts={alerts} session={session} />
      ) : (
        <Past alertId={alertId} alerts={alerts} session={session} />
      )}
    </>
  );
}

/** One that ended is looked for in the history, newest first. */
function Past({
  alertId,
  alerts,
  session,
}: {
  readonly alertId: string;
  readonly alerts: readonly Alert[];
  readonly session: Session;
}): JSX.Element {
  const { t } = useLanguage();
  const since = useConnection((state) => (state.status === 'connected' ? state.sinceMs : 0));
  const history = useAlertHistory(alerts, since);
  const alert = history.alerts.find(({ id }) => id === alertId);
  if (alert) return <OneAlert alert={alert} alerts={alerts} session={session} />;
  // What fires is known once the page is connected.
  if (history.loading || since === 0)
    return <p className={css['loading']}>{t('common.loading')}</p>;
  return (
    <Empty title={t('alert.notFound')}>
      <p>{t('alert.notFoundHint')}</p>
      {history.failure !== null && <Problem>{failureCodeText(t, history.failure)}</Problem>}
      {history.more && <Button onClick={history.loadMore}>{t('alerts.older')}</Button>}
    </Empty>
  );
}

export function OneAlert({
  alert,
  alerts,
  session,
}: {
  readonly alert: Alert;
  readonly alerts: readonly Alert[];
  readonly session: Session;
}): JSX.Element {
  const { t, format } = useLanguage();
  const nowMs = useNow();
  const { resource, reload } = useResource<readonly AlertFactsEntry[]>(
    'alerts/facts',
    `${alert.id} ${alert.state}`,
  );
  const facts = resource.value?.find((one) => one.alertId === alert.id);
  const look = severityLook[alert.severity];
  const firedAtMs = alert.firedAtMs ?? alert.activeAtMs;
  const endMs = alert.state === 'resolved' ? (alert.resolvedAtMs ?? nowMs) : nowMs;
  return (
    <article className={css['one']} data-severity={alert.severity} data-state={alert.state}>
      <p className={css['severity']}>
        <Icon name={alert.state === 'resolved' ? 'check' : look.icon} size={18} />
        {t(alert.state === 'resolved' ? 'alert.isResolved' : look.label)}
      </p>
      <h2>
        <Link href={`/hosts/${encodeURIComponent(alert.target.id)}`}>{alert.target.name}</Link>
      </h2>
      <p>
        {alertSentence(format, alert)} <FactTags alert={alert} alerts={alerts} facts={facts} />
      </p>
      <p className={css['when']}>
        <time dateTime={new Date(firedAtMs).toISOString()}>{format.dateTime(firedAtMs)}</time>{' '}
        {t('alert.for', { span: format.duration(endMs - firedAtMs) })}
      </p>
      {alert.state === 'firing' && (
        <OneTap alert={alert} facts={facts} session={session} onDone={reload} />
      )}
    </article>
  );
}

/** No dialog: whoever comes from a message, often on a phone, has decided. */
function OneTap({
  alert,
  facts,
  session,
  onDone,
}: {
  readonly alert: Alert;
  readonly facts: AlertFactsEntry | undefined;
  readonly session: Session;
  readonly onDone: () => void;
}): JSX.Element {
  const { t } = useLanguage();
  const { busy, problem, run } = useAction();
  const done = (work: () => Promise<unknown>): void =>
    void run(async () => {
      await work();
    }).then((worked) => worked && onDone());
  const silence = (): Promise<unknown> =>
    request('POST', 'silences', {
      matchers: [
        { name: 'targetId', op: '=', value: alert.target.id },
        { name: 'rule', op: '=', value: alert.ruleId },
      ],
      reason: t('alert.silencedFromPage'),
      endsAtMs: Date.now() + HOUR_MS,
    });
  const isSilenced = (facts?.silencedBy.length ?? 0) > 0;
  return (
    <>
      <p className={manage['buttons']}>
        {facts?.acknowledged === undefined && (
          <Button
            look="primary"
            disabled={busy}
            onClick={() =>
              done(() =>
                request('PUT', `alerts/${encodeURIComponent(alert.id)}/acknowledgement`, {}),
              )
            }
          >
            {t('alert.acknowledge')}
          </Button>
        )}
        {session.role === 'admin' && !isSilenced && (
          <Button disabled={busy} onClick={() => done(silence)}>
            {t('alert.silenceHour')}
          </Button>
        )}
      </p>
      {problem && <Problem>{problem}</Problem>}
    </>
  );
}
