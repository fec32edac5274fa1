import type { Session } from '@openmanager/protocol';
import { useNotifications } from '@openmanager/react';
import { useState, type JSX } from 'react';
import { LanguageChoice, ThemeChoice } from './choices.tsx';
import { usePageTitle } from '../../state/firing.ts';
import { signOut } from '../../state/session.ts';
import { useT } from '../../i18n/locale.ts';
import { PushSettings } from './PushSettings.tsx';
import { Button } from '../../ui/Button.tsx';
import { Switch } from '../../ui/Field.tsx';
import { Tag } from '../../ui/Tag.tsx';
import { PasswordForm } from './PasswordForm.tsx';
import css from './account.module.css';

export function AccountPage({ session }: { readonly session: Session }): JSX.Element {
  const t = useT();
  const [changed, setChanged] = useState(false);
  usePageTitle(t('account.title'));
  return (
    <div className={css['page']}>
      <div className={css['head']}>
        <h1>{t('account.title')}</h1>
        <span className={css['who']}>
          {session.name} <Tag>{t(session.role === 'admin' ? 'role.admin' : 'role.viewer')}</Tag>
        </span>
        <Button onClick={() => void signOut()}>{t('account.signOut')}</Button>
      </div>
      <section className={css['panel']} aria-labelledby="appearance">
        <h2 id="appearance">{t('account.appearance')}</h2>
        <div className={css['row']}>
          <span>{t('account.language')}</span>
          <LanguageChoice />
        </div>
        <div className={css['row']}>
          <span>{t('account.theme')}</span>
          <ThemeChoice />
        </div>
      </section>
      <NotificationSettings />
      <section className={css['panel']} aria-labelledby="password">
        <h2 id="password">{session.hasPassword ? t('password.change') : t('password.set')}</h2>
        {!session.hasPassword && <p className={css['hint']}>{t('password.why')}</p>}
        <PasswordForm
          key={String(session.hasPassword)}
          hasPassword={session.hasPassword}
          submitLabel={t('password.save')}
          onDone={() => setChanged(true)}
        />
        <output className={css['done']}>{changed ? t('password.saved') : ''}</output>
      </section>
    </div>
  );
}

/** Permission is asked for by the switch and nowhere else. */
function NotificationSettings(): JSX.Element {
  const t = useT();
  const { permission, request, enabled, setEnabled } = useNotifications();
  const on = permission === 'granted' && enabled;
  const hint =
    permission === 'unsupported'
      ? t('notifications.unsupported')
      : permission === 'denied'
        ? t('notifications.denied')
        : on
          ? t('notifications.on')
          : t('notifications.off');
  return (
    <section className={css['panel']} aria-labelledby="notifications">
      <h2 id="notifications">{t('notifications.title')}</h2>
      <Switch
        label={t('notifications.switch')}
        checked={on}
        disabled={permission === 'unsupported' || permission === 'denied'}
        onChange={(event) => {
          const wanted = event.currentTarget.checked;
          setEnabled(wanted);
          if (wanted && permission === 'default') void request();
        }}
      />
      <p className={css['hint']}>{hint}</p>
      <PushSettings hintClass={css['hint']} />
    </section>
  );
}
