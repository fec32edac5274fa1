import type { Session } from '@openmanager/protocol';
import { useEffect, useId, useRef, type JSX } from 'react';
import { Link, useLocation } from 'wouter';
import { useT } from '../i18n/locale.ts';
import { Button, buttonClass } from '../ui/Button.tsx';
import { Tag } from '../ui/Tag.tsx';
import { Icon } from '../ui/icons.tsx';
import { LanguageChoice, ThemeChoice } from '../pages/account/choices.tsx';
import { signOut } from '../state/session.ts';
import css from './account-menu.module.css';
import popover from './popover.module.css';

export function AccountMenu({ session }: { readonly session: Session }): JSX.Element {
  const t = useT();
  const id = useId();
  const ref = useRef<HTMLDivElement>(null);
  const [path] = useLocation();
  // Another page was opened: the menu has served.
  useEffect(() => ref.current?.hidePopover(), [path]);
  return (
    <>
      <button
        type="button"
        className={buttonClass('quiet', true)}
        popoverTarget={id}
        aria-haspopup="dialog"
        aria-label={t('account.menu', { name: session.name })}
      >
        <Icon name="person" size={18} />
      </button>
      <div
        id={id}
        ref={ref}
        popover="auto"
        className={popover['popover']}
        role="dialog"
        aria-label={t('account.title')}
      >
        <div className={css['menu']}>
          <div className={css['who']}>
            <strong>{session.name}</strong>
            <Tag>{t(session.role === 'admin' ? 'role.admin' : 'role.viewer')}</Tag>
          </div>
          <div className={css['menuRow']}>
            <span>{t('account.theme')}</span>
            <ThemeChoice iconsOnly />
          </div>
          <div className={css['menuRow']}>
            <span>{t('account.language')}</span>
            <LanguageChoice />
          </div>
          <div className={css['menuLinks']}>
            <Link href="/account" className={buttonClass()}>
              {t('account.settings')}
            </Link>
            <Button onClick={() => void signOut()}>{t('account.signOut')}</Button>
          </div>
        </div>
      </div>
    </>
  );
}
