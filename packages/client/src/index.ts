export * from './types.ts';
export { createClient } from './client.ts';
export { clientDefaults } from './options.ts';
export { emptySeries } from './series/series-store.ts';
export { emptyStats } from './stats.ts';
export {
  createReplay,
  replayDefaults,
  replaySpeeds,
  type Replay,
  type ReplayOptions,
  type ReplayState,
} from './replay/replay.ts';
