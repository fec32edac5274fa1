import { memo, type FunctionComponent, type JSX } from 'react';
import { HEIGHT, sparkPaths, WIDTH, type SparkPoints } from './spark-paths.ts';
import css from './sparkline.module.css';

/** Decorative: the gauge beside it has the value as text. */
export const Sparkline: FunctionComponent<SparkPoints> = memo(function Sparkline(
  props: SparkPoints,
): JSX.Element {
  const { line, area } = sparkPaths(props);
  return (
    <svg
      className={css['spark']}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
      focusable="false"
    >
      <path className={css['area']} d={area} />
      <path className={css['line']} d={line} />
    </svg>
  );
});
