import { useSeries, type ServerMetrics } from '@openmanager/react';
import { memo, type FunctionComponent, type JSX } from 'react';
import { Link } from 'wouter';
import { Sparkline } from '../../chart/Sparkline.tsx';
import { useLanguage } from '../../i18n/locale.ts';
import { Tag } from '../../ui/Tag.tsx';
import { PriorityMark, StatusMark } from '../../ui/HostState.tsx';
import { Icon } from '../../ui/icons.tsx';
import { Meter } from '../../ui/Meter.tsx';
import { useNow } from '../../state/now.ts';
import { CPU_KEY, headline, type Headline } from '../../format/headline.ts';
import { SPARK_MS, useSparkHistory } from './spark-history.ts';
import css from './host-card.module.css';

interface HostItemProps {
  readonly host: ServerMetrics;
  /** Place in the whole list from 1, and its length: the list renders only what is near. */
  readonly place: number;
  readonly count: number;
}

export const HostCard: FunctionComponent<HostItemProps> = memo(function HostCard({
  host,
  place,
  count,
}: HostItemProps): JSX.Element {
  const { t } = useLanguage();
  const figures = headline(host);
  const { facts } = host.info;
  return (
    <li
      className={css['card']}
      data-priority={host.priority}
      data-status={host.status}
      aria-posinset={place}
      aria-setsize={count}
    >
      <div className={css['cardHead']}>
        <div className={css['cardName']}>
          <Link href={`/hosts/${encodeURIComponent(host.hostId)}`} className={css['link']}>
            {host.hostname}
          </Link>
          {host.info.clockSkewed && (
            <Tag tone="medium" title={t('host.clockSkewed')}>
              <Icon name="clock" size={12} />
              <span className="visually-hidden">{t('host.clockSkewed')}</span>
            </Tag>
          )}
        </div>
        <p className={css['cardFacts']}>
          {facts.demo && <Tag tone="demo">{t('demo.short')}</Tag>}
          <span>
            {facts.osName} · {t('host.cores', { count: facts.cpuCount })}
          </span>
        </p>
        <div className={css['cardState']}>
          {host.status === 'online' ? null : <Silence host={host} />}
          <StatusMark status={host.status} quiet={host.status === 'online'} />
          {host.priority !== 'low' && <PriorityMark priority={host.priority} />}
        </div>
      </div>
      <div className={css['spark']}>
        <HostSpark host={host} />
      </div>
      <div className={css['gauges']}>
        <Meter label={t('system.cpu.utilization')} ratio={figures.cpu} />
        <Meter label={t('metric.memoryShort')} ratio={figures.memory} />
        <Meter label={t('metric.disk')} ratio={figures.disk} />
      </div>
      <Rates figures={figures} />
    </li>
  );
});

export const HostRow: FunctionComponent<HostItemProps> = memo(function HostRow({
  host,
  place,
  count,
}: HostItemProps): JSX.Element {
  const { t, format } = useLanguage();
  const figures = headline(host);
  return (
    <li
      className={css['row']}
      data-priority={host.priority}
      data-status={host.status}
      aria-posinset={place}
      aria-setsize={count}
    >
      <div className={css['rowName']}>
        <StatusMark status={host.status} quiet />
        <Link href={`/hosts/${encodeURIComponent(host.hostId)}`} className={css['link']}>
          {host.hostname}
        </Link>
        {host.info.facts.demo && <Tag tone="demo">{t('demo.short')}</Tag>}
      </div>
      <div className={css['rowPriority']}>
        {host.status === 'online' ? (
          <PriorityMark priority={host.priority} />
        ) : (
          <Silence host={host} />
        )}
      </div>
      <div className={css['rowSpark']}>
        <HostSpark host={host} />
      </div>
      <Meter label={t('system.cpu.utilization')} ratio={figures.cpu} />
      <Meter label={t('system.memory.utilization')} ratio={figures.memory} />
      <Meter label={t('metric.disk')} ratio={figures.disk} />
      <Rates figures={figures} />
      <span className={css['rowLoad']}>
        <span className="visually-hidden">{t('system.linux.cpu.load_1m')} </span>
        {format.value(figures.load, '{thread}')}
      </span>
    </li>
  );
});

/** How long nothing came from a host that is not online. */
function Silence({ host }: { readonly host: ServerMetrics }): JSX.Element {
  const { format } = useLanguage();
  const nowMs = useNow(5000);
  return (
    <span className={css['silence']}>{host.timeMs > 0 ? format.ago(host.timeMs, nowMs) : ''}</span>
  );
}

function HostSpark({ host }: { readonly host: ServerMetrics }): JSX.Element {
  useSparkHistory(host.hostId);
  const { timesMs, values } = useSeries(host.hostId, CPU_KEY, { from: 'none' });
  const toMs = host.timeMs;
  return (
    <Sparkline
      timesMs={timesMs}
      values={values}
      fromMs={toMs - SPARK_MS}
      toMs={toMs}
      gapMs={Math.max(15_000, host.info.intervalMs * 3)}
    />
  );
}

function Rates({ figures }: { readonly figures: Headline }): JSX.Element {
  const { t, format } = useLanguage();
  return (
    <dl className={css['rates']}>
      <div>
        <dt>{t('system.network.io')}</dt>
        <dd>
          <span title={t('rate.receive')}>
            <Icon name="down" size={12} />
            <span className="visually-hidden">{t('rate.receive')} </span>
            {format.byteRate(figures.receive)}
          </span>
          <span title={t('rate.transmit')}>
            <Icon name="up" size={12} />
            <span className="visually-hidden">{t('rate.transmit')} </span>
            {format.byteRate(figures.transmit)}
          </span>
        </dd>
      </div>
      <div>
        <dt>{t('system.disk.io')}</dt>
        <dd>
          <span title={t('rate.read')}>
            <abbr aria-hidden="true">R</abbr>
            <span className="visually-hidden">{t('rate.read')} </span>
            {format.byteRate(figures.read)}
          </span>
          <span title={t('rate.write')}>
            <abbr aria-hidden="true">W</abbr>
            <span className="visually-hidden">{t('rate.write')} </span>
            {format.byteRate(figures.write)}
          </span>
        </dd>
      </div>
    </dl>
  );
}
