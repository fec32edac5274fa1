/**
 * The protocol's version and its history. A change of any schema in this package changes the hash in
 * `protocol.test.ts`; that test stays red until the version here is raised and its line is written.
 */
export const PROTOCOL_VERSION = 2;

/**
 * Versions the hub still speaks, oldest first. Version 1 was never released: whoever speaks it would read the values of
 * newer metrics wrongly.
 */
export const SUPPORTED_VERSIONS: readonly number[] = [2];

/** One line per version, newest last. */
export const VERSION_HISTORY: readonly { version: number; change: string }[] = [
  {
    version: 1,
    change: 'first version: agent batches, topics, views, frames of bit-packed parts, negotiation',
  },
  {
    version: 2,
    change:
      'agents: the present first and the past beside it in packed batches, ranges in acknowledgements, floor, unstored, machine and boot id, series refused one by one; events of the store: store-failed, store-recovered, clock-doubted, clock-trusted; of the hub’s clock: hub-clock-held, hub-clock-set, hub-clock-returned; host-name-taken; retryAfterMs of problems; lag, behind and missedMs of the system; metrics of the kernel, of units, disks, graphics processors and the agent itself',
  },
];

/**
 * The version two sides speak: the newest the hub knows that lies between the client's oldest and newest, or
 * undefined when there is none.
 */
export function negotiateVersion(newest: number, oldest: number = newest): number | undefined {
  return SUPPORTED_VERSIONS.findLast((version) => version >= oldest && version <= newest);
}

/** What a side can do beyond its version. Unknown ones are ignored. */
export const capabilities = { deflate: 'deflate' } as const;
