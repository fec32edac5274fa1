import type { HostState } from '@openmanager/react';
import type { JSX } from 'react';
import { Link } from 'wouter';
import { headline } from '../../format/headline.ts';
import { useLanguage } from '../../i18n/locale.ts';
import { useNow } from '../../state/now.ts';
import { PriorityMark, StatusMark } from '../../ui/HostState.tsx';
import { Icon } from '../../ui/icons.tsx';
import { Tag } from '../../ui/Tag.tsx';
import css from './host-head.module.css';

/** Which host it is, and how it is. */
export function HostHead({ host }: { readonly host: HostState }): JSX.Element {
  const { t, format } = useLanguage();
  const nowMs = useNow();
  const { facts } = host.info;
  const { uptimeSeconds } = headline(host);
  return (
    <div className={css['head']}>
      <Link href="/" className={css['back']} aria-label={t('host.back')}>
        <Icon name="back" size={18} />
      </Link>
      <div className={css['title']}>
        <h1>{host.hostname}</h1>
        <StatusMark status={host.status} />
        <PriorityMark priority={host.priority} />
        {facts.demo && (
          <Tag tone="demo" title={t('demo.hint')}>
            {t('demo.badge')}
          </Tag>
        )}
        {host.info.clockSkewed && (
          <Tag
            tone="medium"
            title={t('host.clockSkewedBy', {
              span: format.duration(Math.abs(host.info.clockOffsetMs)),
            })}
          >
            <Icon name="clock" size={12} />
            {t('host.clockSkewed')}
          </Tag>
        )}
      </div>
      <p className={css['subtitle']}>
        {facts.osName} · {facts.arch} · {t('host.cores', { count: facts.cpuCount })} ·{' '}
        {format.bytes(facts.memoryBytes)}
        {Number.isFinite(uptimeSeconds) &&
          ` · ${t('host.up', { span: format.duration(uptimeSeconds * 1000) })}`}
        {host.status !== 'online' &&
          host.timeMs > 0 &&
          ` · ${t('host.lastSample', { ago: format.ago(host.timeMs, nowMs) })}`}
      </p>
    </div>
  );
}
