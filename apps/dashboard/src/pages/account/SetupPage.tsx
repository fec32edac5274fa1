import type { Session } from '@openmanager/protocol';
import { useEffect, useRef, useState, type JSX } from 'react';
import { Link, useLocation } from 'wouter';
import { request } from '../../api/request.ts';
import { useAction } from '../../api/use-action.ts';
import { signedIn, useSession } from '../../state/session.ts';
import { useT } from '../../i18n/locale.ts';
import { Button, buttonClass } from '../../ui/Button.tsx';
import { Problem } from '../../ui/notice.tsx';
import { PasswordForm } from './PasswordForm.tsx';
import { Frame } from './Frame.tsx';
import { tokenFromHash } from './token.ts';
import css from './signin.module.css';

/** The link is valid once: taken when the page's code loads, so that no double mount can use it twice. */
let pending: string | null = location.pathname === '/setup' ? tokenFromHash(location.hash) : null;

export function SetupPage(): JSX.Element {
  const t = useT();
  const [, navigate] = useLocation();
  const state = useSession();
  const { busy, problem, run } = useAction();
  const [step, setStep] = useState<'exchange' | 'password'>('exchange');
  const started = useRef(false);
  useEffect(() => {
    document.title = `${t('setup.title')} – OpenManager`;
  }, [t]);

  useEffect(() => {
    if (started.current) return;
    started.current = true;
    const token = pending;
    pending = null;
    // Out of the address bar and the history, whether or not it works.
    history.replaceState(history.state, '', '/setup');
    if (token === null) return;
    void run(async () => {
      const session = await request<Session>('POST', 'auth/setup', { token });
      signedIn(session);
      if (session.hasPassword) navigate('/', { replace: true });
      else setStep('password');
    });
  }, [run, navigate]);

  if (
    step === 'password' ||
    (state.status === 'signed-in' && !state.session.hasPassword && !problem && !busy)
  )
    return (
      <Frame title={t('setup.welcome')}>
        <p className={css['lead']}>
          {t('setup.passwordHint', {
            name: state.status === 'signed-in' ? state.session.name : '',
          })}
        </p>
        <div className={css['form']}>
          <PasswordForm
            hasPassword={false}
            submitLabel={t('setup.setPassword')}
            onDone={() => navigate('/', { replace: true })}
          />
          <Button onClick={() => navigate('/', { replace: true })}>{t('setup.skip')}</Button>
        </div>
      </Frame>
    );
  return (
    <Frame title={t('setup.title')}>
      <div className={css['form']}>
        {busy ? (
          <output>{t('setup.working')}</output>
        ) : (
          <>
            {problem ? <Problem>{problem}</Problem> : <p>{t('setup.noToken')}</p>}
            <Link href="/signin" className={buttonClass('primary')}>
              {t('signin.title')}
            </Link>
          </>
        )}
      </div>
    </Frame>
  );
}
