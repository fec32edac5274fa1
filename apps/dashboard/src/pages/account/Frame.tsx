import type { JSX, ReactNode } from 'react';
import { LanguageChoice, ThemeChoice } from './choices.tsx';
import { Mark } from '../../ui/icons.tsx';
import css from './signin.module.css';

/** The page around sign-in and set-up: nobody is signed in yet, language and theme can be chosen. */
export function Frame({
  title,
  children,
}: {
  readonly title: string;
  readonly children: ReactNode;
}): JSX.Element {
  return (
    <div className={css['page']}>
      <header className={css['top']}>
        <LanguageChoice />
        <ThemeChoice iconsOnly />
      </header>
      <main className={css['middle']}>
        <div className={css['box']}>
          <div className={css['brand']}>
            <Mark size={36} />
            <h1>{title}</h1>
          </div>
          {children}
        </div>
      </main>
    </div>
  );
}
