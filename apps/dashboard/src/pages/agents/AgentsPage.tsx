import type { Session } from '@openmanager/protocol';
import type { JSX } from 'react';
import { usePageTitle } from '../../state/firing.ts';
import { useT } from '../../i18n/locale.ts';
import { AgentList } from './AgentList.tsx';
import { TokenList } from './TokenList.tsx';
import css from './agents.module.css';

export function AgentsPage({ session }: { readonly session: Session }): JSX.Element {
  const t = useT();
  usePageTitle(t('nav.agents'));
  const admin = session.role === 'admin';
  return (
    <>
      <h1 className="visually-hidden">{t('nav.agents')}</h1>
      {!admin && <p className={css['viewer']}>{t('agents.viewer')}</p>}
      <AgentList admin={admin} />
      {admin && <TokenList />}
    </>
  );
}
