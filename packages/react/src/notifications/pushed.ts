/**
 * A browser that has the page open and is subscribed to Web Push hears of an alert twice: at once from the page, and
 * seconds later by the push. The service worker tells the pages what it was pushed, and shows it without a sound where
 * one of them rang already.
 */

/** What the worker posts to each page, with a port for the answer `{ rang: ids }`. */
export interface PushedMessage {
  readonly openmanager: 'pushed';
  /** Alerts that are new in what was pushed. */
  readonly alertIds: readonly string[];
}

/** Ids that are remembered; beyond it the oldest are forgotten. */
const KEPT = 1_000;

/** For which alerts this browser rang, as far as this page knows. */
export class Rung {
  readonly #by = new Map<string, 'page' | 'push'>();

  /** The page is to ring; false when a push was there before it. */
  page(alertId: string): boolean {
    if (this.#by.get(alertId) === 'push') return false;
    this.#keep(alertId, 'page');
    return true;
  }

  /** Which of these the browser rang for before this push. */
  pushed(alertIds: readonly string[]): readonly string[] {
    const rang = alertIds.filter((id) => this.#by.has(id));
    for (const id of alertIds) if (!this.#by.has(id)) this.#keep(id, 'push');
    return rang;
  }

  #keep(alertId: string, by: 'page' | 'push'): void {
    this.#by.set(alertId, by);
    if (this.#by.size <= KEPT) return;
    for (const oldest of this.#by.keys()) {
      this.#by.delete(oldest);
      return;
    }
  }
}

/** Answers the service worker of this origin until it is stopped. */
export function answerPushes(rang: (alertIds: readonly string[]) => readonly string[]): () => void {
  const worker =
    typeof navigator === 'undefined'
      ? undefined
      : (navigator as { serviceWorker?: ServiceWorkerContainer }).serviceWorker;
  const heard = ({ data, ports }: MessageEvent): void => {
    if (isPushed(data)) ports[0]?.postMessage({ rang: rang(data.alertIds) });
  };
  worker?.addEventListener('message', heard);
  return () => worker?.removeEventListener('message', heard);
}

function isPushed(data: unknown): data is PushedMessage {
  const message = data as Partial<PushedMessage> | null;
  return message?.openmanager === 'pushed' && Array.isArray(message.alertIds);
}
