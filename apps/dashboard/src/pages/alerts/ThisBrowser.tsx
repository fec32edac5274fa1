import { useNotifications } from '@openmanager/react';
import { useEffect, useState, type JSX } from 'react';
import { useAction } from '../../api/use-action.ts';
import { useLanguage } from '../../i18n/locale.ts';
import { disablePush, enablePush, pushState, type PushState } from '../../state/push/subscribe.ts';
import { Button } from '../../ui/Button.tsx';
import { Problem } from '../../ui/notice.tsx';
import { Tag } from '../../ui/Tag.tsx';
import css from './manage.module.css';

/** This browser: while the page is open, and by Web Push when it is not. */
export function ThisBrowser(): JSX.Element {
  const { t, locale } = useLanguage();
  const { permission, request: ask } = useNotifications();
  const [push, setPush] = useState<PushState | null>(null);
  const { busy, problem, run } = useAction();
  useEffect(() => {
    void pushState().then(setPush);
  }, []);
  return (
    <fieldset className={css['parts']} style={{ marginBottom: 18 }}>
      <legend>{t('receivers.browser')}</legend>
      <div className={css['line']}>
        <span>{t('receivers.open')}</span>
        <Tag tone={permission === 'granted' ? 'ok' : 'neutral'}>
          {t(
            permission === 'granted'
              ? 'rules.isOn'
              : permission === 'denied'
                ? 'push.denied'
                : 'rules.isOff',
          )}
        </Tag>
        {permission === 'default' && <Button onClick={() => void ask()}>{t('push.enable')}</Button>}
      </div>
      <div className={css['line']}>
        <span>{t('receivers.closed')}</span>
        {push !== null && (
          <Tag tone={push === 'on' ? 'ok' : 'neutral'}>
            {t(push === 'on' ? 'rules.isOn' : push === 'off' ? 'rules.isOff' : `push.${push}`)}
          </Tag>
        )}
        {(push === 'on' || push === 'off') && (
          <Button
            disabled={busy}
            onClick={() =>
              void run(async () =>
                setPush(await (push === 'on' ? disablePush() : enablePush(locale))),
              )
            }
          >
            {t(push === 'on' ? 'push.disable' : 'push.enable')}
          </Button>
        )}
      </div>
      {problem && <Problem>{problem}</Problem>}
    </fieldset>
  );
}
