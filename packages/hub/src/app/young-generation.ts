import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** How often the size is looked at. */
const LOOK_MS = 100;
const LEAST_BYTES = 24 * 2 ** 20;
/**
 * Frames to a thousand clients are a burst of garbage that had better die young: with 24 MB for 10,000 of them a second's
 * samples took 0.86 s to the last one, without a bound 0.42 s.
 */
const BYTES_PER_CLIENT = 16 * 2 ** 10;

/**
 * Keeps V8's young generation of this process near 24 MB and 16 kB for each client. V8 would let it grow to 128 MB, nearly all of it
 * garbage: at 100 hosts with 200 series each 75 to 100 MB of the hub's memory, without less CPU. Where it is as large as
 * it may be, it is told not to double. (`--max-semi-space-size` does the same, but only from a command line.)
 * For a process that runs nothing but a hub; answers how to end it.
 */
export function boundYoungGeneration(clients: () => number): () => void {
  // Threads that begin while growth is off have room from the start.
  setFlagsFromString('--min-semi-space-size=4');
  let growing = true;
  const timer = setInterval(() => {
    const space = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
    const room = (space?.space_size ?? 0) < LEAST_BYTES + BYTES_PER_CLIENT * clients();
    if (room === growing) return;
    growing = room;
    setFlagsFromString(`--semi-space-growth-factor=${growing ? 2 : 1}`);
  }, LOOK_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    if (!growing) setFlagsFromString('--semi-space-growth-factor=2');
  };
}
