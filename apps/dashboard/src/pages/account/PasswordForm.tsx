import { useState, type JSX } from 'react';
import { request } from '../../api/request.ts';
import { useAction } from '../../api/use-action.ts';
import { checkSession } from '../../state/session.ts';
import { useT } from '../../i18n/locale.ts';
import { Button } from '../../ui/Button.tsx';
import { Field } from '../../ui/Field.tsx';
import { Problem } from '../../ui/notice.tsx';
import css from './account.module.css';

/** The hub's minimum, checked before it refuses. */
const LEAST_LENGTH = 10;

export function PasswordForm({
  hasPassword,
  submitLabel,
  onDone,
}: {
  readonly hasPassword: boolean;
  readonly submitLabel: string;
  readonly onDone: () => void;
}): JSX.Element {
  const t = useT();
  const [current, setCurrent] = useState('');
  const [password, setPassword] = useState('');
  const [visible, setVisible] = useState(false);
  const { busy, problem, run } = useAction();
  const tooShort = password !== '' && password.length < LEAST_LENGTH;
  return (
    <form
      className={css['form']}
      onSubmit={(event) => {
        event.preventDefault();
        void run(async () => {
          await request('PUT', 'auth/password', hasPassword ? { current, password } : { password });
          setCurrent('');
          setPassword('');
          await checkSession();
        }).then((done) => done && onDone());
      }}
    >
      {hasPassword && (
        <Field
          label={t('password.current')}
          type="password"
          autoComplete="current-password"
          required
          value={current}
          onChange={(event) => setCurrent(event.currentTarget.value)}
        />
      )}
      <Field
        label={t('password.new')}
        hint={t('password.hint', { count: LEAST_LENGTH })}
        type={visible ? 'text' : 'password'}
        autoComplete="new-password"
        minLength={LEAST_LENGTH}
        required
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      <label className={css['check']}>
        <input
          type="checkbox"
          checked={visible}
          onChange={(event) => setVisible(event.currentTarget.checked)}
        />
        {t('password.show')}
      </label>
      {problem && <Problem>{problem}</Problem>}
      <Button type="submit" look="primary" disabled={busy || tooShort || password === ''}>
        {submitLabel}
      </Button>
    </form>
  );
}
