import type { SlowClients } from '@openmanager/protocol';
import type { DeliveryStats } from '../ports/index.ts';

const WINDOW = 1000;

/** Percentiles of the last 1,000 values. */
export class SlidingPercentiles {
  readonly #values: Float64Array = new Float64Array(WINDOW);
  #seen = 0;

  record(value: number): void {
    this.#values[this.#seen++ % WINDOW] = value;
  }

  /** Zeros while nothing was recorded. */
  read(): { readonly p50: number; readonly p99: number } {
    const sorted = this.#values.slice(0, Math.min(this.#seen, WINDOW)).toSorted();
    const at = (share: number): number =>
      sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
    return { p50: at(0.5), p99: at(0.99) };
  }
}

/** What the gateway counts, since the hub started. */
export class DeliveryCounters {
  framesSent = 0;
  bytesSent = 0;
  framesCoalesced = 0;
  clientsEvicted = 0;
  readonly deliveryMs: SlidingPercentiles = new SlidingPercentiles();

  read(clients: number, slowClients: SlowClients): DeliveryStats {
    return {
      clients,
      slowClients,
      framesSent: this.framesSent,
      bytesSent: this.bytesSent,
      framesCoalesced: this.framesCoalesced,
      deliveryMs: this.deliveryMs.read(),
    };
  }
}
