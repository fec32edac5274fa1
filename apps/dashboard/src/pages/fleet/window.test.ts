import { describe, expect, test } from 'vitest';
import { gridWindow } from './window.ts';

const shape = { count: 1000, itemHeight: 100, gap: 10, minWidth: 300 };

describe('gridWindow', () => {
  test('renders few of many, and the height of all', () => {
    const view = gridWindow(shape, 1000, 0, 900);
    expect(view.columns).toBe(3);
    expect(view.start).toBe(0);
    expect(view.end).toBeLessThanOrEqual(14 * 3);
    expect(view.height).toBe(Math.ceil(1000 / 3) * 110 - 10);
  });

  test('every visible item is rendered wherever the page is scrolled', () => {
    for (let scrolled = 0; scrolled < 36_000; scrolled += 777) {
      const view = gridWindow(shape, 1000, -scrolled, 900);
      const firstVisible = Math.floor(scrolled / 110) * 3;
      const lastVisible = Math.min(999, (Math.floor((scrolled + 900) / 110) + 1) * 3 - 1);
      expect(view.start).toBeLessThanOrEqual(firstVisible);
      expect(view.end).toBeGreaterThan(Math.min(lastVisible, 999));
      expect(view.end - view.start).toBeLessThanOrEqual(17 * 3);
      expect(view.offset).toBe((view.start / 3) * 110);
    }
  });

  test('nothing to show, and one column', () => {
    expect(gridWindow({ ...shape, count: 0 }, 1230, 0, 900)).toMatchObject({
      start: 0,
      end: 0,
      height: 0,
    });
    expect(gridWindow({ ...shape, minWidth: Infinity }, 1230, 0, 900).columns).toBe(1);
  });
});
