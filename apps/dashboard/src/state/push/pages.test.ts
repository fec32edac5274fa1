import { expect, test } from 'vitest';
import { answerPushes, Rung } from '../../../../../packages/react/src/notifications/pushed.ts';
import { spareSound, type Page } from './pages.ts';
import type { Payload } from './payload.ts';

function payloadOf(newIds: readonly string[], rings = true): Payload {
  return {
    title: '',
    body: '',
    tag: 't',
    status: 'firing',
    severity: 'warning',
    alertIds: [...newIds, 'old'],
    newIds: [...newIds],
    rings,
    alerts: [],
    alertCount: newIds.length + 1,
  };
}

/** A page that answers by the code of the real one. */
function pageWith(rung: Rung): Page {
  return {
    postMessage(data, ports) {
      const listeners: ((event: unknown) => void)[] = [];
      const serviceWorker = {
        addEventListener: (_: string, listener: (event: unknown) => void) =>
          listeners.push(listener),
      };
      const real = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
      Object.defineProperty(globalThis, 'navigator', {
        value: { serviceWorker },
        configurable: true,
      });
      answerPushes((ids) => rung.pushed(ids));
      if (real) Object.defineProperty(globalThis, 'navigator', real);
      for (const listener of listeners) listener({ data, ports });
    },
  };
}

const deaf: Page = { postMessage: () => undefined };

test('what the open page rang for is shown without a sound; what is new besides rings', async () => {
  const rung = new Rung();
  expect(rung.page('a')).toBe(true);
  const pages = [pageWith(new Rung()), pageWith(rung)];
  expect((await spareSound(payloadOf(['a']), pages))?.rings).toBe(false);
  expect((await spareSound(payloadOf(['a', 'b']), pages))?.rings).toBe(true);
});

test('a push that comes first keeps the page from ringing', async () => {
  const rung = new Rung();
  expect((await spareSound(payloadOf(['a']), [pageWith(rung)]))?.rings).toBe(true);
  expect(rung.page('a')).toBe(false);
});

test('without a page, with one that does not answer, or for a repetition, the push rings', async () => {
  expect((await spareSound(payloadOf(['a']), []))?.rings).toBe(true);
  expect((await spareSound(payloadOf(['a']), [deaf]))?.rings).toBe(true);
  const rung = new Rung();
  rung.page('a');
  expect((await spareSound(payloadOf([]), [pageWith(rung)]))?.rings).toBe(true);
  expect(await spareSound(undefined, [pageWith(rung)])).toBeUndefined();
});

test('a page remembers a bounded number of alerts', () => {
  const rung = new Rung();
  for (let index = 0; index < 5_000; index++) rung.page(`x${index}`);
  const ids = Array.from({ length: 5_000 }, (_, index) => `x${index}`);
  expect(ids.filter((id) => rung.pushed([id]).length > 0).length).toBeLessThanOrEqual(1_000);
});
