/** How Node is best started for a process that runs nothing but a hub: what can be said only before it begins. */

/** For Node's command line. */
export const hubFlags: readonly string[] = [
  // Nearly all of V8's young generation is garbage; without a bound it grows to 96 MB.
  '--max-semi-space-size=8',
];

/** For its environment. */
export const hubEnvironment: Readonly<Record<string, string>> = {
  // Otherwise glibc keeps what each thread freed for that thread: 30 to 150 MB at 100 hosts with 200 series each.
  MALLOC_ARENA_MAX: '1',
};
