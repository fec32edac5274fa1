import type { AlertFactsEntry } from '@openmanager/alerting/model';
import type { Alert, HubEvent, Session } from '@openmanager/protocol';
import { useAlerts, useConnection, useEvents } from '@openmanager/react';
import { useMemo, useState, type JSX } from 'react';
import { Link } from 'wouter';
import { failureCodeText } from '../../api/failure-text.ts';
import { useNow } from '../../state/now.ts';
import { useLanguage } from '../../i18n/locale.ts';
import { AlertActions, FactTags } from './AlertActions.tsx';
import { AlertNav } from './AlertNav.tsx';
import { useResource } from '../../api/use-resource.ts';
import { Button } from '../../ui/Button.tsx';
import { Segments } from '../../ui/choice.tsx';
import { Empty, Problem } from '../../ui/notice.tsx';
import { ScrollBox, tables } from '../../ui/table.tsx';
import { Tag } from '../../ui/Tag.tsx';
import { Icon } from '../../ui/icons.tsx';
import { alertSentence } from '@openmanager/texts';
import { severityLook } from '../../ui/severity.ts';
import { eventText } from './event-text.ts';
import { episodeKey, useAlertHistory } from './history.ts';
import css from './alerts.module.css';

type Part = 'history' | 'events';

export function AlertsPage({ session }: { readonly session: Session }): JSX.Element {
  const { t } = useLanguage();
  const alerts = useAlerts();
  const [part, setPart] = useState<Part>('history');
  const firing = useMemo(
    () => alerts.filter((alert) => alert.state === 'firing').sort(worstFirst),
    [alerts],
  );
  const version = alerts.map(({ id, state }) => `${id} ${state}`).join(' ');
  const { resource: factsRead, reload } = useResource<readonly AlertFactsEntry[]>(
    'alerts/facts',
    version,
  );
  const facts = new Map((factsRead.value ?? []).map((fact) => [fact.alertId, fact]));
  const pending = useMemo(() => alerts.filter((alert) => alert.state === 'pending'), [alerts]);
  return (
    <>
      <AlertNav />
      <section aria-labelledby="firing">
        <h2 id="firing" className={css['heading']}>
          {t('alerts.firing')} <span className={css['number']}>{firing.length}</span>
        </h2>
        {firing.length === 0 ? (
          <p className={css['quiet']}>
            <Icon name="check" size={18} />
            {t('alerts.none')}
          </p>
        ) : (
          <ul className={css['firing']}>
            {firing.map((alert) => (
              <Firing
                key={alert.id}
                alert={alert}
                alerts={alerts}
                facts={facts.get(alert.id)}
                session={session}
                onChanged={reload}
              />
            ))}
          </ul>
        )}
      </section>
      {pending.length > 0 && (
        <section aria-labelledby="pending">
          <h2 id="pending" className={css['heading']}>
            {t('alerts.pending')} <span className={css['number']}>{pending.length}</span>
          </h2>
          <ul className={css['firing']}>
            {pending.map((alert) => (
              <Firing
                key={alert.id}
                alert={alert}
                alerts={alerts}
                facts={facts.get(alert.id)}
                session={session}
                onChanged={reload}
              />
            ))}
          </ul>
        </section>
      )}
      <div className={css['switch']}>
        <Segments<Part>
          label={t('alerts.past')}
          choices={[
            { value: 'history', label: t('alerts.history') },
            { value: 'events', label: t('alerts.events') },
          ]}
          value={part}
          onChange={setPart}
        />
      </div>
      {part === 'history' ? <History live={alerts} /> : <Events />}
    </>
  );
}

const severityRank = { critical: 0, warning: 1, info: 2 } as const;

function worstFirst(a: Alert, b: Alert): number {
  return (
    severityRank[a.severity] - severityRank[b.severity] || (b.firedAtMs ?? 0) - (a.firedAtMs ?? 0)
  );
}

function Firing({
  alert,
  alerts,
  facts,
  session,
  onChanged,
}: {
  readonly alert: Alert;
  readonly alerts: readonly Alert[];
  readonly facts: AlertFactsEntry | undefined;
  readonly session: Session;
  readonly onChanged: () => void;
}): JSX.Element {
  const { t, format } = useLanguage();
  const nowMs = useNow();
  const look = severityLook[alert.severity];
  const since = alert.firedAtMs ?? alert.activeAtMs;
  return (
    <li className={css['alert']} data-severity={alert.severity} data-state={alert.state}>
      <span className={css['severity']}>
        <Icon name={look.icon} size={18} />
        {t(look.label)}
      </span>
      <Link href={`/hosts/${encodeURIComponent(alert.target.id)}`} className={css['host']}>
        {alert.target.name}
      </Link>
      <span className={css['sentence']}>
        <Link href={`/alerts/${encodeURIComponent(alert.id)}`}>{alertSentence(format, alert)}</Link>{' '}
        <FactTags alert={alert} alerts={alerts} facts={facts} />
      </span>
      <span className={css['when']}>
        <time dateTime={new Date(since).toISOString()} title={format.dateTime(since)}>
          {t('alert.for', { span: format.duration(nowMs - since) })}
        </time>
        <AlertActions alert={alert} facts={facts} session={session} onChanged={onChanged} />
      </span>
    </li>
  );
}

function History({ live }: { readonly live: readonly Alert[] }): JSX.Element {
  const { t, format } = useLanguage();
  const since = useConnection((state) => (state.status === 'connected' ? state.sinceMs : 0));
  const history = useAlertHistory(live, since);
  if (history.alerts.length === 0)
    return (
      <div className={tables['panel']}>
        {history.failure !== null ? (
          <Problem>{failureCodeText(t, history.failure)}</Problem>
        ) : history.loading ? (
          <p className={css['loading']}>{t('common.loading')}</p>
        ) : (
          <Empty title={t('alerts.noHistory')}>
            <p>{t('alerts.noHistoryHint')}</p>
          </Empty>
        )}
      </div>
    );
  return (
    <>
      <ScrollBox
        className={`${tables['panel']} ${tables['tableWrap']}`}
        aria-label={t('alerts.history')}
      >
        <table className={tables['table']}>
          <thead>
            <tr>
              <th scope="col">{t('alerts.severity')}</th>
              <th scope="col">{t('alerts.host')}</th>
              <th scope="col">{t('alerts.what')}</th>
              <th scope="col">{t('alerts.firedAt')}</th>
              <th scope="col">{t('alerts.lasted')}</th>
            </tr>
          </thead>
          <tbody>
            {history.alerts.map((alert) => {
              const look = severityLook[alert.severity];
              const firedAt = alert.firedAtMs ?? alert.activeAtMs;
              return (
                <tr key={episodeKey(alert)}>
                  <td>
                    <Tag tone={look.tone}>
                      <Icon name={look.icon} size={13} />
                      {t(look.label)}
                    </Tag>
                  </td>
                  <th scope="row">
                    <Link href={`/hosts/${encodeURIComponent(alert.target.id)}`}>
                      {alert.target.name}
                    </Link>
                  </th>
                  <td>{alertSentence(format, alert)}</td>
                  <td>
                    <time dateTime={new Date(firedAt).toISOString()}>
                      {format.dateTime(firedAt)}
                    </time>
                  </td>
                  <td>{format.duration((alert.resolvedAtMs ?? firedAt) - firedAt)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </ScrollBox>
      {history.failure !== null && <Problem>{failureCodeText(t, history.failure)}</Problem>}
      {history.more && (
        <p className={css['more']}>
          <Button onClick={history.loadMore} disabled={history.loading}>
            {t('alerts.older')}
          </Button>
        </p>
      )}
    </>
  );
}

function Events(): JSX.Element {
  const { t, format } = useLanguage();
  const events: readonly HubEvent[] = useEvents();
  if (events.length === 0)
    return (
      <div className={tables['panel']}>
        <Empty title={t('events.none')} />
      </div>
    );
  return (
    <ol className={`${tables['panel']} ${css['events']}`} aria-label={t('alerts.events')}>
      {events.map((event) => (
        <li key={event.id}>
          <time dateTime={new Date(event.timeMs).toISOString()}>
            {format.dateTime(event.timeMs)}
          </time>
          {event.target !== undefined && event.kind !== 'agent-revoked' ? (
            <Link href={`/hosts/${encodeURIComponent(event.target.id)}`}>{event.target.name}</Link>
          ) : (
            <span>{event.target?.name ?? ''}</span>
          )}
          <span>{eventText(t, format, event)}</span>
        </li>
      ))}
    </ol>
  );
}
