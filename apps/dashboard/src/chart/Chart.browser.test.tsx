import { describe, expect, test, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { show, shown, violations } from '../../test/page.tsx';
import { Chart, type ChartProps } from './Chart.tsx';

const times = Array.from({ length: 60 }, (_, index) => 1_700_000_000_000 + index * 1000);
const chart = (change: Partial<ChartProps> = {}): ChartProps => ({
  title: 'CPU by mode',
  unit: '1',
  series: [
    { key: 'user', label: 'User', ink: 'c1' },
    { key: 'system', label: 'System', ink: 'c2' },
  ],
  timesMs: times,
  columns: [times.map((_, index) => index / 100), times.map(() => 0.1)],
  gaps: [],
  span: { fromMs: times[0] as number, toMs: times.at(-1) as number },
  stacked: true,
  top: 1,
  syncKey: 'test',
  onZoom: () => undefined,
  onZoomReset: () => undefined,
  ...change,
});

describe('Chart', () => {
  test('tells its values by keyboard: the newest first, then what the cursor is at', async () => {
    show(<Chart {...chart()} />);
    const slider = page.getByRole('slider', { name: 'CPU by mode, time cursor' });
    await expect
      .element(slider)
      .toHaveAttribute('aria-valuetext', expect.stringContaining('User 59.0%, System 10.0%'));
    (slider.element() as HTMLElement).focus();
    await userEvent.keyboard('{ArrowLeft}');
    await expect
      .element(slider)
      .toHaveAttribute('aria-valuetext', expect.stringContaining('User 58.0%'));
    await userEvent.keyboard('{Home}');
    await expect
      .element(slider)
      .toHaveAttribute('aria-valuetext', expect.stringContaining('User 0.0%'));
    expect(await violations()).toEqual([]);
  });

  test('zooms around the cursor by keyboard', async () => {
    const zooms: unknown[] = [];
    show(<Chart {...chart({ onZoom: (span) => zooms.push(span) })} />);
    const slider = page.getByRole('slider');
    await expect.element(slider).toBeVisible();
    (slider.element() as HTMLElement).focus();
    await userEvent.keyboard('{Home}');
    await userEvent.keyboard('+');
    const quarter = 59_000 / 4;
    expect(zooms).toEqual([
      { fromMs: (times[0] as number) - quarter, toMs: (times[0] as number) + quarter },
    ]);
  });

  test('has its values as a table, with missing samples said', async () => {
    show(
      <Chart
        {...chart({
          stacked: false,
          columns: [times.map((_, index) => (index === 59 ? null : 0.5)), times.map(() => 0.1)],
        })}
      />,
    );
    await page.getByRole('button', { name: 'CPU by mode as a table' }).click();
    const table = page.getByRole('table');
    await expect.element(table).toBeVisible();
    expect(table.element().querySelectorAll('tbody tr')).toHaveLength(60);
    expect(table.element().querySelector('tbody tr')?.textContent).toContain('no data');
    expect(await violations()).toEqual([]);
  });

  test('draws into a canvas, and says so when there is nothing to draw', async () => {
    show(<Chart {...chart()} />);
    await vi.waitFor(() => {
      const canvas = shown().querySelector('canvas') as HTMLCanvasElement;
      const { data } = (canvas.getContext('2d') as CanvasRenderingContext2D).getImageData(
        0,
        0,
        canvas.width,
        canvas.height,
      );
      expect(data.some((value) => value !== 0)).toBe(true);
    });
    show(<Chart {...chart({ timesMs: [], columns: [[], []] })} />);
    await expect.element(page.getByText('No data in this span').first()).toBeVisible();
  });
});
