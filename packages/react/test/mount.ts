import { createElement, StrictMode, type FunctionComponent, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { flushSync } from 'react-dom';

export interface Mounted {
  readonly element: HTMLElement;
  render(node: ReactNode): void;
  unmount(): void;
}

/** Mounts without `act`: what renders, and when, is then what it is in a page. */
export function mount(node: ReactNode, strict = true): Mounted {
  const element = document.createElement('div');
  document.body.append(element);
  const root = createRoot(element);
  const render = (next: ReactNode): void =>
    flushSync(() => root.render(strict ? createElement(StrictMode, null, next) : next));
  render(node);
  return {
    element,
    render,
    unmount() {
      flushSync(() => root.unmount());
      element.remove();
    },
  };
}

/** A component that calls a hook and shows what comes of it, and counts its commits' renders. */
export function probe<T>(
  use: () => T,
  show: (value: T) => string,
): { readonly component: FunctionComponent; readonly seen: T[] } {
  const seen: T[] = [];
  return {
    seen,
    component: function Probe() {
      const value = use();
      seen.push(value);
      return createElement('output', null, show(value));
    },
  };
}
