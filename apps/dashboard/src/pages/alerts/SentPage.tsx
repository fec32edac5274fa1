import type { NotificationEntry } from '@openmanager/alerting/model';
import { useCallback, useEffect, useState, type JSX } from 'react';
import { request } from '../../api/request.ts';
import { useAction } from '../../api/use-action.ts';
import { useLanguage } from '../../i18n/locale.ts';
import { Button } from '../../ui/Button.tsx';
import { Empty, Problem } from '../../ui/notice.tsx';
import { ScrollBox, tables } from '../../ui/table.tsx';
import { Tag } from '../../ui/Tag.tsx';
import { AlertNav } from './AlertNav.tsx';
import css from './manage.module.css';

const PAGE = 100;
const tones = {
  delivered: 'ok',
  partly: 'medium',
  failed: 'medium',
  'given-up': 'critical',
} as const;

/** What was sent to whom, why, and with what answer. */
export function SentPage(): JSX.Element {
  const { t, format } = useLanguage();
  const [entries, setEntries] = useState<readonly NotificationEntry[] | null>(null);
  const [more, setMore] = useState(false);
  const { busy, problem, run } = useAction();
  const load = useCallback(async (before?: string) => {
    const path = `notifications?limit=${PAGE}${before === undefined ? '' : `&before=${encodeURIComponent(before)}`}`;
    const page = await request<readonly NotificationEntry[]>('GET', path);
    setMore(page.length === PAGE);
    setEntries((known) => (before === undefined ? page : [...(known ?? []), ...page]));
  }, []);
  useEffect(() => {
    void run(() => load());
    // Once; the button reads on.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [load]);
  return (
    <>
      <AlertNav />
      <div className={css['head']}>
        <p className={css['hint']}>{t('sent.hint')}</p>
        <Button disabled={busy} onClick={() => void run(() => load())}>
          {t('sent.reload')}
        </Button>
      </div>
      {problem && <Problem>{problem}</Problem>}
      <ScrollBox
        className={`${tables['panel']} ${tables['tableWrap']}`}
        aria-label={t('sent.title')}
      >
        {entries === null || entries.length === 0 ? (
          entries === null && problem === null ? (
            <p className={css['loading']}>{t('common.loading')}</p>
          ) : (
            <Empty title={t('sent.none')} />
          )
        ) : (
          <table className={tables['table']}>
            <thead>
              <tr>
                <th scope="col">{t('sent.at')}</th>
                <th scope="col">{t('receivers.receiver')}</th>
                <th scope="col">{t('sent.what')}</th>
                <th scope="col">{t('sent.why')}</th>
                <th scope="col">{t('sent.answer')}</th>
              </tr>
            </thead>
            <tbody>
              {entries.map((entry) => (
                <tr key={entry.entryId}>
                  <td>{format.dateTime(entry.atMs)}</td>
                  <th scope="row">{entry.receiver}</th>
                  <td>
                    {entry.alerts.slice(0, 3).map((alert) => (
                      <div key={alert.id}>{alert.summary}</div>
                    ))}
                    {entry.alertCount > 3 && (
                      <span className={css['hint']}>
                        {t('alert.more', {
                          count: entry.alertCount - Math.min(3, entry.alerts.length),
                        })}
                      </span>
                    )}
                  </td>
                  <td>
                    {t(entry.status === 'resolved' ? 'sent.resolved' : `sent.${entry.reason}`)}
                  </td>
                  <td>
                    <Tag tone={tones[entry.outcome]}>{t(`sent.${entry.outcome}`)}</Tag>{' '}
                    <span className={css['hint']}>
                      {entry.answer}
                      {entry.attempts > 1 && ` · ${t('sent.attempts', { count: entry.attempts })}`}
                    </span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </ScrollBox>
      {more && (
        <p className={css['head']}>
          <Button disabled={busy} onClick={() => void run(() => load(entries?.at(-1)?.entryId))}>
            {t('alerts.older')}
          </Button>
        </p>
      )}
    </>
  );
}
