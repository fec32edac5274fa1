/** Flags and environment of a Node process that runs a hub: what can only be set before it starts. */

/** For Node's command line. */
export const hubFlags: readonly string[] = [
  // Nearly all of V8's young generation is garbage; without a bound it grows to 96 MB.
  '--max-semi-space-size=8',
];

/** For its environment. */
export const hubEnvironment: Readonly<Record<string, string>> = {
  // Otherwise glibc keeps freed memory in an arena per thread: 30 to 150 MB at 100 hosts with 200 series each.
  MALLOC_ARENA_MAX: '1',
};
