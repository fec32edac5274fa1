import type { JSX, ReactNode } from 'react';
import { classes } from './classes.ts';
import css from './tag.module.css';

export type TagTone = 'neutral' | 'demo' | 'ok' | 'medium' | 'high' | 'critical';

const tagClasses: Readonly<Record<TagTone, string | undefined>> = {
  neutral: undefined,
  demo: css['tagDemo'],
  ok: css['tagOk'],
  medium: css['tagMedium'],
  high: css['tagHigh'],
  critical: css['tagCritical'],
};

export function Tag({
  tone = 'neutral',
  children,
  title,
}: {
  readonly tone?: TagTone;
  readonly children: ReactNode;
  readonly title?: string;
}): JSX.Element {
  return (
    <span className={classes(css['tag'], tagClasses[tone])} title={title}>
      {children}
    </span>
  );
}
