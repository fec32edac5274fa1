import type { Silence } from '@openmanager/alerting/model';
import type { Session } from '@openmanager/protocol';
import { useState, type JSX } from 'react';
import { useSearch } from 'wouter';
import { failureCodeText, failureText } from '../../api/failure-text.ts';
import { request } from '../../api/request.ts';
import { useResource } from '../../api/use-resource.ts';
import { useLanguage } from '../../i18n/locale.ts';
import { useNow } from '../../state/now.ts';
import { Button } from '../../ui/Button.tsx';
import { Confirm } from '../../ui/Confirm.tsx';
import { Icon } from '../../ui/icons.tsx';
import { Empty, Problem } from '../../ui/notice.tsx';
import { ScrollBox, tables } from '../../ui/table.tsx';
import { Tag } from '../../ui/Tag.tsx';
import { AlertNav } from './AlertNav.tsx';
import { SilenceEditor } from './SilenceEditor.tsx';
import css from './manage.module.css';

export function SilencesPage({ session }: { readonly session: Session }): JSX.Element {
  const { t, format } = useLanguage();
  const admin = session.role === 'admin';
  const { resource, reload } = useResource<readonly Silence[]>('silences');
  const asked = new URLSearchParams(useSearch());
  const [editing, setEditing] = useState<Silence | 'new' | null>(
    asked.size > 0 && admin ? 'new' : null,
  );
  const [ending, setEnding] = useState<Silence | null>(null);
  const nowMs = useNow(5000);
  const silences = resource.value ?? [];
  return (
    <>
      <AlertNav />
      <div className={css['head']}>
        <p className={css['hint']}>{t('silences.hint')}</p>
        {admin && (
          <Button look="primary" onClick={() => setEditing('new')}>
            <Icon name="plus" />
            {t('silences.create')}
          </Button>
        )}
      </div>
      {resource.status === 'failed' && <Problem>{failureCodeText(t, resource.code)}</Problem>}
      <ScrollBox
        className={`${tables['panel']} ${tables['tableWrap']}`}
        aria-label={t('silences.title')}
      >
        {silences.length === 0 ? (
          resource.status === 'loading' ? (
            <p className={css['loading']}>{t('common.loading')}</p>
          ) : (
            <Empty title={t('silences.none')} />
          )
        ) : (
          <table className={tables['table']}>
            <thead>
              <tr>
                <th scope="col">{t('silences.reason')}</th>
                <th scope="col">{t('matchers.title')}</th>
                <th scope="col">{t('silences.state')}</th>
                <th scope="col">{t('silences.by')}</th>
                <th scope="col">
                  <span className="visually-hidden">{t('common.actions')}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {silences.map((silence) => (
                <tr key={silence.silenceId}>
                  <th scope="row">{silence.reason}</th>
                  <td>
                    <span className={css['tags']}>
                      {silence.matchers.map((matcher) => (
                        <Tag key={JSON.stringify(matcher)}>
                          {`${matcher.name} ${matcher.op} ${matcher.value}`}
                        </Tag>
                      ))}
                    </span>
                  </td>
                  <td>
                    {nowMs < silence.startsAtMs
                      ? t('silences.from', { time: format.dateTime(silence.startsAtMs) })
                      : nowMs >= silence.endsAtMs
                        ? t('silences.over')
                        : t('silences.until', { time: format.dateTime(silence.endsAtMs) })}
                    {silence.windows &&
                      ` · ${t('silences.windows', { count: silence.windows.length })}`}
                  </td>
                  <td>{silence.author}</td>
                  <td className={tables['numeric']}>
                    {admin && (
                      <span className={css['buttons']}>
                        <Button onClick={() => setEditing(silence)}>{t('common.edit')}</Button>
                        <Button look="danger" onClick={() => setEnding(silence)}>
                          {t('silences.end')}
                        </Button>
                      </span>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </ScrollBox>
      {editing && (
        <SilenceEditor
          silence={editing === 'new' ? undefined : editing}
          matchers={[...asked].map(([name, value]) => ({ name, op: '=', value }))}
          onClose={() => {
            setEditing(null);
            reload();
          }}
        />
      )}
      {ending && (
        <Confirm
          title={t('silences.endTitle')}
          text={ending.reason}
          action={t('silences.end')}
          onConfirm={async () => {
            await request('DELETE', `silences/${encodeURIComponent(ending.silenceId)}`);
            reload();
          }}
          describe={(failure) => failureText(t, failure)}
          onClose={() => setEnding(null)}
        />
      )}
    </>
  );
}
