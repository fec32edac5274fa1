/**
 * How many devices have no series of their own because their source has more than it lists. Sums and worst values are
 * over all of them all the same. A source has its series from the first time on that it leaves something out.
 */
import { seriesKey } from '@openmanager/protocol';
import type { Source } from './collector.ts';

export interface Listing {
  /** Devices present without series of their own. */
  readonly notListed: number;
}

export class NotListedSource implements Source {
  keys: readonly string[] = [];
  values: Float64Array = new Float64Array(0);
  readonly #listings: readonly (readonly [source: string, listing: Listing])[];
  #shown: readonly Listing[] = [];

  /** Reads what its listings found: it stands after them in the list of sources. */
  constructor(listings: Readonly<Record<string, Listing>>) {
    this.#listings = Object.entries(listings);
  }

  read(): void {
    const shown = this.#listings.filter(
      ([, listing]) => listing.notListed > 0 || this.#shown.includes(listing),
    );
    if (shown.length > this.#shown.length) {
      this.#shown = shown.map(([, listing]) => listing);
      this.keys = shown.map(([source]) => seriesKey('openmanager.agent.not_listed', { source }));
      this.values = new Float64Array(shown.length);
    }
    for (const [at, { notListed }] of this.#shown.entries()) this.values[at] = notListed;
  }

  close(): void {}
}
