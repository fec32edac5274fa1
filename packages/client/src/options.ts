import type { ClientOptions } from './types.ts';

export interface ClientDefaults {
  readonly reconnectAttempts: number;
  readonly keepTrying: boolean;
  readonly pointsPerSeries: number;
  readonly pointsInAll: number;
  readonly debug: boolean;
}

export const clientDefaults: ClientDefaults = {
  reconnectAttempts: 5,
  keepTrying: true,
  pointsPerSeries: 900,
  pointsInAll: 2_000_000,
  debug: false,
};

/** The hub's origin: as given, else the page's own, else empty (there is none on a server). */
export function originOf(options: Pick<ClientOptions, 'url'>): string {
  if (options.url !== undefined) return options.url.replace(/\/+$/, '');
  return typeof location === 'undefined' ? '' : (location.origin ?? '');
}
