import type { Session } from '@openmanager/protocol';
import type { JSX } from 'react';
import { useLanguage } from '../../i18n/locale.ts';
import { AlertNav } from './AlertNav.tsx';
import { ReceiverList } from './ReceiverList.tsx';
import { ThisBrowser } from './ThisBrowser.tsx';
import css from './manage.module.css';

export function ReceiversPage({ session }: { readonly session: Session }): JSX.Element {
  const { t } = useLanguage();
  const admin = session.role === 'admin';
  return (
    <>
      <AlertNav />
      <ThisBrowser />
      {admin ? <ReceiverList /> : <p className={css['hint']}>{t('agents.viewer')}</p>}
    </>
  );
}
