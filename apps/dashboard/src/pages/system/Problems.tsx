import type { JSX } from 'react';
import { useT, type MessageId } from '../../i18n/locale.ts';
import { useHealth } from '../../state/health.ts';
import css from './system.module.css';

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
