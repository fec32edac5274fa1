/** What stands in the place of content, or beside it. */
import type { JSX, ReactNode } from 'react';
import { Icon } from './icons.tsx';
import css from './notice.module.css';

/** Something went wrong: announced at once. */
export function Problem({ children }: { readonly children: ReactNode }): JSX.Element {
  return (
    <p className={css['problem']} role="alert">
      <Icon name="alert" />
      <span>{children}</span>
    </p>
  );
}

export function Empty({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ReactNode;
}): JSX.Element {
  return (
    <div className={css['empty']}>
      <h2>{title}</h2>
      {children}
    </div>
  );
}
