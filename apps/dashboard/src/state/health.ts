import type { Health } from '@openmanager/protocol';
import { useEffect, useState } from 'react';
import { useNow } from './now.ts';

const EVERY_MS = 10_000;

/** Read apart from other requests: a hub that cannot do its job answers 503, and says why in the same body. */
export function useHealth(): Health | undefined {
  const [health, setHealth] = useState<Health>();
  const turn = useNow(EVERY_MS);
  useEffect(() => {
    const abort = new AbortController();
    fetch('/api/v1/health', { credentials: 'same-origin', signal: abort.signal })
      .then(async (answer) => (await answer.json()) as Health)
      // The page says by itself that the hub is away; what was last known stays.
      .then(setHealth, () => undefined);
    return () => abort.abort();
  }, [turn]);
  return health;
}
