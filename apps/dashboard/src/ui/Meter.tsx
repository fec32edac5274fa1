import type { JSX } from 'react';
import { useFormat } from '../i18n/locale.ts';
import { levelOf } from '../format/headline.ts';
import css from './meter.module.css';

/** A share in use, as a bar and as text. */
export function Meter({
  label,
  ratio,
  detail,
}: {
  readonly label: string;
  readonly ratio: number;
  readonly detail?: string;
}): JSX.Element {
  const format = useFormat();
  const known = Number.isFinite(ratio);
  const text = format.percent(ratio);
  return (
    <div className={css['meter']} data-level={known ? levelOf(ratio) : 'none'}>
      <span className={css['label']}>{label}</span>
      <span className={css['value']}>
        {text}
        {detail && <small> {detail}</small>}
      </span>
      <div
        className={css['track']}
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={known ? Math.round(ratio * 1000) / 10 : 0}
        aria-valuetext={detail ? `${text}, ${detail}` : text}
      >
        <div
          className={css['bar']}
          style={{ scale: `${known ? Math.min(1, Math.max(0, ratio)) : 0} 1` }}
        />
      </div>
    </div>
  );
}
