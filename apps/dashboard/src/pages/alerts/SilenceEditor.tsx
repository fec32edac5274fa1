import type { Schedule, Silence, SilenceInput } from '@openmanager/alerting/model';
import type { Matcher } from '@openmanager/protocol';
import { HOUR_MS, MINUTE_MS } from '@openmanager/protocol/durations';
import { useAlerts } from '@openmanager/react';
import { alertSentence } from '@openmanager/texts';
import { useEffect, useState, type JSX } from 'react';
import { request } from '../../api/request.ts';
import { useAction } from '../../api/use-action.ts';
import { useLanguage } from '../../i18n/locale.ts';
import { useNow } from '../../state/now.ts';
import { Button } from '../../ui/Button.tsx';
import { Actions, Dialog } from '../../ui/Dialog.tsx';
import { Field } from '../../ui/Field.tsx';
import { Problem } from '../../ui/notice.tsx';
import { Matchers } from './Matchers.tsx';
import { Schedules } from './Schedules.tsx';
import { SpanField } from './SpanField.tsx';
import css from './manage.module.css';

/** The form of a silence. What it has no field for stays in the silence, its end too until another is set. */
export function SilenceEditor({
  silence,
  matchers: asked,
  onClose,
}: {
  readonly silence: Silence | undefined;
  readonly matchers: readonly Matcher[];
  readonly onClose: () => void;
}): JSX.Element {
  const { t } = useLanguage();
  const nowMs = useNow(MINUTE_MS);
  const [matchers, setMatchers] = useState<readonly Matcher[]>(
    silence?.matchers ?? (asked.length > 0 ? asked : [{ name: 'host', op: '=', value: '' }]),
  );
  const [reason, setReason] = useState(silence?.reason ?? '');
  const [leftMs] = useState(
    silence ? Math.ceil(Math.max(0, silence.endsAtMs - nowMs) / MINUTE_MS) * MINUTE_MS : HOUR_MS,
  );
  const [lastsMs, setLastsMs] = useState<number>();
  const [windows, setWindows] = useState<readonly Schedule[]>(silence?.windows ?? []);
  const { busy, problem, run } = useAction();
  const usable = matchers.filter(({ name }) => name !== '');
  const body = (): SilenceInput => {
    const endsAtMs = Date.now() + (lastsMs ?? leftMs);
    const given = { matchers: usable, reason, ...(windows.length > 0 ? { windows } : {}) };
    if (!silence) return { ...given, endsAtMs };
    // Author and creation are the hub's to say.
    const { silenceId: _, author: __, createdAtMs: ___, windows: ____, ...kept } = silence;
    return { ...kept, ...given, ...(lastsMs === undefined ? {} : { endsAtMs }) };
  };
  return (
    <Dialog title={t(silence ? 'silences.edit' : 'silences.create')} onClose={onClose}>
      <form
        className={css['form']}
        onSubmit={(event) => {
          event.preventDefault();
          void run(async () => {
            if (silence)
              await request('PUT', `silences/${encodeURIComponent(silence.silenceId)}`, body());
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
        <SpanField label={t('silences.lasts')} value={lastsMs ?? leftMs} onChange={setLastsMs} />
        <Schedules title={t('silences.recurring')} value={windows} onChange={setWindows} />
        {problem && <Problem>{problem}</Problem>}
        <Actions>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" look="primary" disabled={busy || usable.length === 0}>
            {t('common.save')}
          </Button>
        </Actions>
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
          {alert.target.name}: {alertSentence(format, alert)}
        </span>
      ))}
    </output>
  );
}
