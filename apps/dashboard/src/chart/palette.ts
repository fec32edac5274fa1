/** Names of colours in styles/tokens.css. */
export type Ink = 'c1' | 'c2' | 'c3' | 'c4' | 'c5' | 'c6' | 'c7' | 'c8' | 'c9';

export const inks: readonly Ink[] = ['c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7', 'c8', 'c9'];

export function inkAt(index: number): Ink {
  return inks[index % inks.length] as Ink;
}

export interface Palette {
  readonly ink: Readonly<Record<Ink, string>>;
  readonly grid: string;
  readonly axis: string;
  readonly surface: string;
  readonly text: string;
  /** Of what stands out. */
  readonly mark: string;
  readonly font: string;
}

/** Canvas knows no custom properties: a probe element resolves them under the current theme. */
export function readPalette(element: HTMLElement): Palette {
  const probe = document.createElement('span');
  // In a transition the computed colour would be the one before.
  probe.style.transitionProperty = 'none';
  element.append(probe);
  const resolve = (name: string): string => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const palette: Palette = {
    ink: Object.fromEntries(inks.map((name) => [name, resolve(name)])) as Record<Ink, string>,
    grid: resolve('grid'),
    axis: resolve('axis'),
    surface: resolve('surface'),
    text: resolve('text'),
    mark: resolve('high'),
    font: `11px ${getComputedStyle(element).fontFamily}`,
  };
  probe.remove();
  return palette;
}

/** `rgb(r, g, b)` with an opacity. */
export function faded(color: string, opacity: number): string {
  return color.startsWith('rgb(') ? `rgba(${color.slice(4, -1)}, ${opacity})` : color;
}
