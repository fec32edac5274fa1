import { afterEach, expect, test } from 'vitest';
import { readPalette } from './palette.ts';

afterEach(() => document.body.replaceChildren());

test('colours differ also for those who want less motion', () => {
  const style = document.createElement('style');
  // What base.css says under prefers-reduced-motion: a transition would still be at the first colour.
  style.textContent = `
    * { transition-duration: 1ms !important }
    :root { --c1: rgb(1, 0, 0); --c2: rgb(2, 0, 0); --grid: rgb(3, 0, 0) }`;
  const chart = document.createElement('div');
  document.body.append(style, chart);
  const { ink, grid } = readPalette(chart);
  expect([ink.c1, ink.c2, grid]).toEqual(['rgb(1, 0, 0)', 'rgb(2, 0, 0)', 'rgb(3, 0, 0)']);
});
