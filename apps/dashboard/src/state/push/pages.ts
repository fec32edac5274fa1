/** Asks the open pages of this browser whether they rang already for what was pushed. */
import type { Payload } from './payload.ts';

/** The part of `WindowClient` that is used. */
export interface Page {
  postMessage(message: unknown, transfer: readonly MessagePort[]): void;
}

/** For a page that is frozen, or that notifies of nothing. */
const ANSWER_MS = 500;

/** The payload as it is to be shown: without a sound where a page rang for all that is new in it. */
export async function spareSound(
  payload: Payload | undefined,
  pages: readonly Page[],
): Promise<Payload | undefined> {
  if (!payload?.rings || payload.newIds.length === 0) return payload;
  const rang = new Set((await Promise.all(pages.map((page) => ask(page, payload.newIds)))).flat());
  return payload.newIds.every((id) => rang.has(id)) ? { ...payload, rings: false } : payload;
}

function ask(page: Page, alertIds: readonly string[]): Promise<readonly string[]> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    const end = (ids: readonly string[]): void => {
      clearTimeout(timer);
      port1.close();
      resolve(ids);
    };
    const timer = setTimeout(() => end([]), ANSWER_MS);
    port1.addEventListener('message', ({ data }: MessageEvent) => {
      const { rang } = data as { rang?: readonly string[] };
      end(Array.isArray(rang) ? rang : []);
    });
    port1.start();
    page.postMessage({ openmanager: 'pushed', alertIds }, [port2]);
  });
}
