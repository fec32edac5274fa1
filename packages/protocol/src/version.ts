/**
 * The protocol's version and its history. A change of any schema in this package changes the hash in
 * `protocol.test.ts`; that test stays red until the version here is raised and its line is written.
 */
export const PROTOCOL_VERSION = 1;

/** Versions the hub still speaks. A peer outside this list is refused with `protocol-version`. */
export const SUPPORTED_VERSIONS: readonly number[] = [1];

/** One line per version, newest last. */
export const VERSION_HISTORY: readonly { version: number; change: string }[] = [
  {
    version: 1,
    change: 'first version: agent batches, topics, binary keyframe/delta/backfill frames',
  },
];
