import type { HostState } from '@openmanager/react';
import type { JSX } from 'react';
import { useLanguage, type MessageId } from '../../i18n/locale.ts';
import css from './facts.module.css';
import { notListed } from './not-listed.ts';
import panel from './panel.module.css';

export function Facts({ host }: { readonly host: HostState }): JSX.Element {
  const { t, format } = useLanguage();
  const { facts, intervalMs, firstSeenMs, clockOffsetMs } = host.info;
  const failed = host.series['system.systemd.unit.failed'];
  const processes = host.series['system.process.count'];
  const labels = Object.entries(facts.labels ?? {}).map(([name, value]) =>
    value === '' ? name : `${name}=${value}`,
  );
  // Sources go by the names that the agent's settings have for them.
  const others = [...notListed(host.series)].map(
    ([source, count]) => `${source} ${format.number(count)}`,
  );
  const pairs: readonly (readonly [MessageId, string])[] = [
    ['facts.os', facts.osName],
    ['facts.kernel', facts.kernel],
    ['facts.arch', facts.arch],
    ['facts.cpu', facts.cpuModel],
    ['facts.cores', format.number(facts.cpuCount)],
    ['facts.memory', format.bytes(facts.memoryBytes)],
    ['facts.timeZone', facts.timeZone],
    ...(processes === undefined
      ? []
      : [['system.process.count', format.number(processes)] as const]),
    ...(failed === undefined
      ? []
      : [['system.systemd.unit.failed', format.number(failed)] as const]),
    ...(labels.length === 0 ? [] : [['facts.labels', labels.join(', ')] as const]),
    ['facts.agent', facts.agentVersion],
    ['facts.interval', format.duration(intervalMs)],
    [
      'facts.clock',
      `${clockOffsetMs > 0 ? '+' : clockOffsetMs < 0 ? '−' : '±'}${format.latency(Math.abs(clockOffsetMs))}`,
    ],
    ['facts.firstSeen', format.dateTime(firstSeenMs)],
    ...(others.length === 0 ? [] : [['facts.notListed', others.join(', ')] as const]),
    ['facts.id', host.hostId],
  ];
  return (
    <section className={panel['panel']} aria-labelledby="facts">
      <h2 id="facts">{t('facts.title')}</h2>
      <dl className={css['facts']}>
        {pairs.map(([id, value]) => (
          <div key={id}>
            <dt>{t(id)}</dt>
            <dd>{value || '–'}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
