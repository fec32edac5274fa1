import {
  createReplay,
  type Replay,
  type ReplayOptions,
  type ReplayState,
} from '@openmanager/client';
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';

export interface UseReplayResult extends Pick<Replay, 'play' | 'pause' | 'seek' | 'setSpeed'> {
  /** Null while nothing is replayed. Give its `client` to `HubClient`. */
  readonly state: ReplayState | null;
}

const nothing = (): (() => void) => () => undefined;
const none = (): null => null;

/**
 * Plays the past of a hub: as long as the component is mounted and `options` are not null. A new recording begins
 * when what the options say changes.
 */
export function useReplay(options: ReplayOptions | null): UseReplayResult {
  const wanted = options === null ? null : JSON.stringify(options);
  const [replay, setReplay] = useState<Replay | null>(null);
  useEffect(() => {
    if (wanted === null) return undefined;
    const made = createReplay(JSON.parse(wanted) as ReplayOptions);
    setReplay(made);
    return () => {
      setReplay(null);
      made.close();
    };
  }, [wanted]);
  const state = useSyncExternalStore<ReplayState | null>(
    replay?.subscribe ?? nothing,
    replay?.getSnapshot ?? none,
    none,
  );
  return useMemo(
    () => ({
      state,
      play: () => replay?.play(),
      pause: () => replay?.pause(),
      seek: (timeMs) => replay?.seek(timeMs),
      setSpeed: (speed) => replay?.setSpeed(speed),
    }),
    [replay, state],
  );
}
