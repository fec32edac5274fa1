/** Shows a page or a part of one in a browser test, and answers the REST API in the hub's place. */
import { problemOf, ProtocolError } from '@openmanager/protocol';
import axe from 'axe-core';
import { StrictMode, type ReactNode } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeAll, beforeEach, vi } from 'vitest';
import { activate } from '../src/i18n/locale.ts';
import '../src/ui/styles/tokens.css';
import '../src/ui/styles/base.css';

let root: Root;
let box: HTMLElement;

beforeAll(() => activate('en'));

beforeEach(() => {
  box = document.createElement('div');
  document.body.append(box);
  root = createRoot(box);
});

afterEach(() => {
  root.unmount();
  box.remove();
  vi.restoreAllMocks();
});

export function show(node: ReactNode): void {
  root.render(<StrictMode>{node}</StrictMode>);
}

/** What is shown. */
export function shown(): HTMLElement {
  return box;
}

/** What axe finds wrong with what is shown. */
export async function violations(): Promise<string[]> {
  const { violations: found } = await axe.run(box, {
    rules: { region: { enabled: false }, 'page-has-heading-one': { enabled: false } },
  });
  return found.map(
    (one) =>
      `${one.id}: ${one.nodes
        .map((node) => node.html)
        .join(' ')
        .slice(0, 300)}`,
  );
}

/** Answers the REST API by path; anything else is not found. */
export function answer(
  routes: Readonly<Record<string, { readonly status: number; readonly body: unknown }>>,
): void {
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input) => {
    const path = (input as string).replace('/api/v1/', '');
    const route = routes[path] ?? {
      status: 404,
      body: problemOf(new ProtocolError('not-found')),
    };
    return new Response(JSON.stringify(route.body), {
      status: route.status,
      headers: { 'content-type': 'application/json' },
    });
  });
}

/** Bodies that were sent by a method, in order. */
export function sent(method: string): unknown[] {
  return vi
    .mocked(fetch)
    .mock.calls.filter(([, init]) => init?.method === method)
    .map(([, init]) => (init?.body === undefined ? undefined : JSON.parse(init.body as string)));
}
