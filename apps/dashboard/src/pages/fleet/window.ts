import { useLayoutEffect, useState, type RefObject } from 'react';

export interface GridWindow {
  readonly columns: number;
  /** First and one past the last item to render. */
  readonly start: number;
  readonly end: number;
  /** Height of all rows and of those above the first rendered one, px. */
  readonly height: number;
  readonly offset: number;
}

export interface GridShape {
  readonly count: number;
  readonly itemHeight: number;
  readonly gap: number;
  /** Narrowest item, as in `repeat(auto-fill, minmax(…, 1fr))`; Infinity for one column. */
  readonly minWidth: number;
}

/** Rows rendered beyond the visible ones on each side. */
const OVERSCAN = 3;

/** Which items of a grid of equal rows are near the visible part. */
export function gridWindow(
  shape: GridShape,
  width: number,
  top: number,
  viewport: number,
): GridWindow {
  const { count, itemHeight, gap, minWidth } = shape;
  const columns = Number.isFinite(minWidth)
    ? Math.max(1, Math.floor((width + gap) / (minWidth + gap)))
    : 1;
  const rows = Math.ceil(count / columns);
  const pitch = itemHeight + gap;
  const first = Math.max(0, Math.min(rows - 1, Math.floor(-top / pitch)) - OVERSCAN);
  const last = Math.min(rows, Math.ceil((viewport - top) / pitch) + OVERSCAN);
  return {
    columns,
    start: first * columns,
    end: Math.min(count, Math.max(first + 1, last) * columns),
    height: Math.max(0, rows * pitch - gap),
    offset: first * pitch,
  };
}

/** Follows the page's scrolling and size. */
export function useGridWindow(ref: RefObject<HTMLElement | null>, shape: GridShape): GridWindow {
  const { count, itemHeight, gap, minWidth } = shape;
  const [view, setView] = useState({ width: 1200, top: 0, viewport: 1200 });
  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return undefined;
    let frame = 0;
    const measure = (): void => {
      const box = element.getBoundingClientRect();
      const next = { width: element.clientWidth, top: Math.round(box.top), viewport: innerHeight };
      setView((before) =>
        before.width === next.width && before.top === next.top && before.viewport === next.viewport
          ? before
          : next,
      );
    };
    const later = (): void => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(measure);
    };
    measure();
    const observer = new ResizeObserver(later);
    observer.observe(element);
    addEventListener('scroll', later, { passive: true });
    addEventListener('resize', later);
    return () => {
      cancelAnimationFrame(frame);
      observer.disconnect();
      removeEventListener('scroll', later);
      removeEventListener('resize', later);
    };
    // Another height of items is another layout: measure again.
  }, [ref, itemHeight]);
  return gridWindow({ count, itemHeight, gap, minWidth }, view.width, view.top, view.viewport);
}
