import type { Health } from '@openmanager/protocol';
import { useEffect, useState, type JSX } from 'react';
import { useT, type MessageId } from '../../i18n/locale.ts';
import { useNow } from '../../state/now.ts';
import css from './system.module.css';

const EVERY_MS = 10_000;

const titles: ReadonlyMap<string, MessageId> = new Map(
  (
    [
      'problem.alerts',
      'problem.clock',
      'problem.cluster',
      'problem.connections',
      'problem.damage',
      'problem.detectors',
      'problem.detectors-kept',
      'problem.detectors-of-host',
      'problem.events',
      'problem.file',
      'problem.forecasts',
      'problem.heartbeat',
      'problem.hosts',
      'problem.machine',
      'problem.notifications',
      'problem.outlook',
      'problem.overload',
      'problem.reserve',
      'problem.retention',
      'problem.rules',
      'problem.store',
      'problem.storing',
      'problem.stream',
      'problem.trends',
      'problem.agents',
    ] as const
  ).map((id) => [id.slice('problem.'.length), id]),
);

/** What does not work at the moment: which part, and in the hub's words what to do; nothing where all is well. */
export function Problems(): JSX.Element | null {
  const t = useT();
  const health = useHealth();
  const problems = health?.problems ?? [];
  if (problems.length === 0) return null;
  return (
    <section className={css['trouble']} role="alert" aria-labelledby="problems">
      <h2 id="problems">{t(health?.status === 'down' ? 'system.down' : 'system.problems')}</h2>
      <ul>
        {problems.map((problem, index) => {
          const title = titles.get(health?.parts?.[index] ?? '');
          return (
            <li key={problem}>
              {title !== undefined && <b>{t(title)}: </b>}
              <span lang="en">{problem}</span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

/** Read apart from other requests: a hub that cannot do its job answers 503, and says why in the same body. */
function useHealth(): Health | undefined {
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
