import type { Session } from '@openmanager/protocol';
import { useEffect, useState, type JSX } from 'react';
import { Redirect, useSearch } from 'wouter';
import { request } from '../../api/request.ts';
import { useAction } from '../../api/use-action.ts';
import { nextPath } from '../../state/next-path.ts';
import { signedIn, useSession } from '../../state/session.ts';
import { useT } from '../../i18n/locale.ts';
import { Button } from '../../ui/Button.tsx';
import { Field } from '../../ui/Field.tsx';
import { Problem } from '../../ui/notice.tsx';
import { Frame } from './Frame.tsx';
import css from './signin.module.css';

export function SignInPage(): JSX.Element {
  const t = useT();
  const search = useSearch();
  const state = useSession();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const { busy, problem, run } = useAction();
  useEffect(() => {
    document.title = `${t('signin.title')} – OpenManager`;
  }, [t]);
  if (state.status === 'signed-in') return <Redirect to={nextPath(search)} replace />;
  return (
    <Frame title={t('signin.heading')}>
      <form
        className={css['form']}
        onSubmit={(event) => {
          event.preventDefault();
          void run(async () =>
            signedIn(await request<Session>('POST', 'auth/login', { name, password })),
          );
        }}
      >
        <Field
          label={t('signin.name')}
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          // The form is what the page was opened for.
          autoFocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Field
          label={t('signin.password')}
          name="password"
          type="password"
          autoComplete="current-password"
          required
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        {problem && <Problem>{problem}</Problem>}
        <Button type="submit" look="primary" disabled={busy}>
          {t('signin.submit')}
        </Button>
      </form>
      <section className={css['note']}>
        <h2>{t('signin.noPassword')}</h2>
        <p>{t('signin.linkHint')}</p>
        <p>
          {t('signin.newLink')} <code>--signin-link</code>
        </p>
      </section>
    </Frame>
  );
}
