import { visible } from '@openmanager/protocol';
import type { HostState } from '@openmanager/react';
import type { JSX } from 'react';
import { headline } from '../../format/headline.ts';
import { useLanguage } from '../../i18n/locale.ts';
import { Meter } from '../../ui/Meter.tsx';
import { filesystems } from './filesystem-list.ts';
import css from './tiles.module.css';

/** The headline metrics of the host. */
export function Tiles({ host }: { readonly host: HostState }): JSX.Element {
  const { t, format } = useLanguage();
  const now = headline(host);
  const memoryBytes = host.series['system.memory.limit'] ?? host.info.facts.memoryBytes;
  const available = host.series['system.linux.memory.available'];
  return (
    <div className={css['tiles']}>
      <div className={css['tile']}>
        <Meter label={t('system.cpu.utilization')} ratio={now.cpu} />
        <small>{host.info.facts.cpuModel}</small>
      </div>
      <div className={css['tile']}>
        <Meter label={t('system.memory.utilization')} ratio={now.memory} />
        {available !== undefined && (
          <small>
            {format.bytes(memoryBytes - available)} / {format.bytes(memoryBytes)}
          </small>
        )}
      </div>
      <div className={css['tile']}>
        <Meter label={t('metric.fullestDisk')} ratio={now.disk} />
        <small>{visible(filesystems(host.series)[0]?.mountpoint ?? '')}</small>
      </div>
      <Tile
        label={t('system.linux.cpu.load_1m')}
        value={format.value(now.load, '{thread}')}
        {...(host.info.facts.cpuCount > 0 && Number.isFinite(now.load)
          ? {
              note: t('load.perCore', {
                load: format.number(now.load / host.info.facts.cpuCount, 2),
              }),
            }
          : {})}
      />
      <Tile
        label={t('system.network.io')}
        value={`↓ ${format.byteRate(now.receive)}`}
        second={`↑ ${format.byteRate(now.transmit)}`}
      />
      <Tile
        label={t('system.disk.io')}
        value={`R ${format.byteRate(now.read)}`}
        second={`W ${format.byteRate(now.write)}`}
      />
    </div>
  );
}

function Tile({
  label,
  value,
  second,
  note,
}: {
  readonly label: string;
  readonly value: string;
  readonly second?: string;
  readonly note?: string;
}): JSX.Element {
  return (
    <dl className={css['tile']}>
      <dt>{label}</dt>
      <dd>
        <span>{value}</span>
        {second !== undefined && <span>{second}</span>}
        {note !== undefined && <small>{note}</small>}
      </dd>
    </dl>
  );
}
