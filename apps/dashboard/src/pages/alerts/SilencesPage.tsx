import { HOUR_MS } from '@openmanager/protocol/durations';
import { useAlerts } from '@openmanager/react';
import type { Session } from '@openmanager/protocol';
import { useEffect, useState, type JSX } from 'react';
import { useSearch } from 'wouter';
import { Confirm } from '../agents/Confirm.tsx';
import { failureCodeText } from '../../api/failure-text.ts';
import { request } from '../../api/request.ts';
import { useAction } from '../../api/use-action.ts';
import { useResource } from '../../api/use-resource.ts';
import { useNow } from '../../state/now.ts';
import { useLanguage } from '../../i18n/locale.ts';
import {
  Button,
  controls,
  Dialog,
  Empty,
  Field,
  Problem,
  ScrollBox,
  Tag,
} from '../../ui/controls.tsx';
import { Icon } from '../../ui/icons.tsx';
import { AlertNav } from './AlertNav.tsx';
import { alertSentence } from '../../format/alert-text.ts';
import type { Matcher, Schedule, Silence } from './model.ts';
import { Matchers, Schedules, SpanField } from './parts.tsx';
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
        className={`${controls['panel']} ${controls['tableWrap']}`}
        aria-label={t('silences.title')}
      >
        {silences.length === 0 ? (
          resource.status === 'loading' ? (
            <p className={css['loading']}>{t('common.loading')}</p>
          ) : (
            <Empty title={t('silences.none')} />
          )
        ) : (
          <table className={controls['table']}>
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
                  <td className={controls['numeric']}>
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
        <Editor
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
          onClose={() => setEnding(null)}
        />
      )}
    </>
  );
}

function Editor({
  silence,
  matchers: asked,
  onClose,
}: {
  readonly silence: Silence | undefined;
  readonly matchers: readonly Matcher[];
  readonly onClose: () => void;
}): JSX.Element {
  const { t } = useLanguage();
  const nowMs = useNow(60_000);
  const [matchers, setMatchers] = useState<readonly Matcher[]>(
    silence?.matchers ?? (asked.length > 0 ? asked : [{ name: 'host', op: '=', value: '' }]),
  );
  const [reason, setReason] = useState(silence?.reason ?? '');
  const [lastsMs, setLastsMs] = useState(
    silence ? Math.max(60_000, silence.endsAtMs - nowMs) : HOUR_MS,
  );
  const [windows, setWindows] = useState<readonly Schedule[]>(silence?.windows ?? []);
  const { busy, problem, run } = useAction();
  const usable = matchers.filter(({ name }) => name !== '');
  const body = (): object => ({
    matchers: usable,
    reason,
    endsAtMs: Date.now() + lastsMs,
    ...(windows.length > 0 ? { windows } : {}),
  });
  return (
    <Dialog title={t(silence ? 'silences.edit' : 'silences.create')} onClose={onClose}>
      <form
        className={css['form']}
        onSubmit={(event) => {
          event.preventDefault();
          void run(async () => {
            if (silence)
              await request('PUT', `silences/${encodeURIComponent(silence.silenceId)}`, {
                ...body(),
                startsAtMs: silence.startsAtMs,
              });
            else await request('POST', 'silences', body());
          }).then((done) => done && onClose());
        }}
      >
        <Matchers value={matchers} onChange={setMatchers} />
        <Preview matchers={usable} />
        <Field
          label={t('silences.reason')}
          required
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <SpanField label={t('silences.lasts')} value={lastsMs} onChange={setLastsMs} />
        <Schedules title={t('silences.recurring')} value={windows} onChange={setWindows} />
        {problem && <Problem>{problem}</Problem>}
        <div className={controls['actions']}>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" look="primary" disabled={busy || usable.length === 0}>
            {t('common.save')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** What it would mute now, before it does. */
function Preview({ matchers }: { readonly matchers: readonly Matcher[] }): JSX.Element | null {
  const { t, format } = useLanguage();
  const alerts = useAlerts();
  const [muted, setMuted] = useState<readonly string[] | null>(null);
  const asked = JSON.stringify(matchers);
  useEffect(() => {
    const abort = new AbortController();
    const timer = setTimeout(() => {
      if (asked === '[]') return;
      const body = { matchers: JSON.parse(asked) as unknown };
      request<readonly string[]>('POST', 'silences/preview', body, abort.signal).then(
        setMuted,
        () => setMuted(null),
      );
    }, 300);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [asked]);
  if (muted === null) return null;
  const named = alerts.filter(({ id }) => muted.includes(id)).slice(0, 5);
  return (
    <output className={css['result']}>
      {t('silences.preview', { count: muted.length })}
      {named.map((alert) => (
        <span key={alert.id} className={css['hint']}>
          {' · '}
          {alert.target.name}: {alertSentence(t, format, alert)}
        </span>
      ))}
    </output>
  );
}
