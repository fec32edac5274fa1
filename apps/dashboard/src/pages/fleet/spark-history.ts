import { MINUTE_MS } from '@openmanager/protocol/durations';
import { useClient, useConnection } from '@openmanager/react';
import { useEffect } from 'react';
import { CPU_KEY } from '../../format/headline.ts';

/** Span of the sparkline. */
export const SPARK_MS = 10 * MINUTE_MS;
const POINTS = 120;
/** Requests under way at a time, so that a large fleet does not queue up behind itself. */
const PARALLEL = 4;

type Load = () => Promise<unknown>;

/** Runs a few loads at a time; the newest wish first, since that is what is on screen now. */
export class LoadQueue {
  readonly #waiting: Load[] = [];
  readonly #parallel: number;
  #active = 0;

  constructor(parallel: number = PARALLEL) {
    this.#parallel = parallel;
  }

  add(load: Load): () => void {
    this.#waiting.push(load);
    this.#next();
    return () => {
      const place = this.#waiting.indexOf(load);
      if (place >= 0) this.#waiting.splice(place, 1);
    };
  }

  #next(): void {
    while (this.#active < this.#parallel) {
      const load = this.#waiting.pop();
      if (!load) return;
      this.#active++;
      void load()
        .catch(() => undefined)
        .finally(() => {
          this.#active--;
          this.#next();
        });
    }
  }
}

const queue = new LoadQueue();
const loaded = new WeakMap<object, Set<string>>();

/** Fills the sparkline of a host that came on screen, once per connection's life. */
export function useSparkHistory(hostId: string): void {
  const client = useClient();
  const connected = useConnection((state) => state.status === 'connected');
  useEffect(() => {
    if (!connected) return undefined;
    let done = loaded.get(client);
    if (!done) loaded.set(client, (done = new Set()));
    if (done.has(hostId)) return undefined;
    const marks = done;
    return queue.add(async () => {
      marks.add(hostId);
      const toMs = Math.round(client.hubNow());
      const answer = await client.loadHistory({
        hostId,
        keys: [CPU_KEY],
        fromMs: toMs - SPARK_MS,
        toMs,
        maxPoints: POINTS,
      });
      if (!answer.ok) marks.delete(hostId);
    });
  }, [client, connected, hostId]);
}
