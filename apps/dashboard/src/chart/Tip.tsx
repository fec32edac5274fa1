import type { JSX } from 'react';
import type { ChartMark, Reading } from './reading.ts';
import { Swatch } from './Swatch.tsx';
import css from './tip.module.css';

/** What the cursor is at, beside it. */
export function Tip({
  time,
  readings,
  marks,
  text,
  left,
  area,
}: {
  readonly time: string;
  readonly readings: readonly Reading[];
  readonly marks: readonly ChartMark[];
  readonly text: (value: number | null) => string;
  /** Of the cursor in the plot area, px. */
  readonly left: number;
  /** The plot area. */
  readonly area: HTMLElement;
}): JSX.Element {
  return (
    <div
      className={css['tip']}
      aria-hidden="true"
      style={tipPlace(left, area.offsetLeft, area.clientWidth)}
    >
      <strong>{time}</strong>
      {readings.map((one) => (
        <span key={one.key} data-ink={one.ink}>
          <Swatch />
          {one.label} <b>{text(one.value)}</b>
        </span>
      ))}
      {marks.map((mark) => (
        <em key={`${mark.timeMs} ${mark.text}`}>{mark.text}</em>
      ))}
    </div>
  );
}

/** On the side of the cursor that has room. */
function tipPlace(
  left: number,
  offset: number,
  width: number,
): { left: number } | { right: number } {
  return left < width / 2 ? { left: offset + left + 14 } : { right: width - left + 24 };
}
