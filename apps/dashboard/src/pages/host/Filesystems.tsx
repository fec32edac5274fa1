import { visible } from '@openmanager/protocol';
import type { JSX } from 'react';
import { useLanguage } from '../../i18n/locale.ts';
import { Meter } from '../../ui/Meter.tsx';
import { filesystems } from './filesystem-list.ts';
import css from './filesystems.module.css';
import { notListed } from './not-listed.ts';
import panel from './panel.module.css';

export function Filesystems({
  series,
}: {
  readonly series: Readonly<Record<string, number>>;
}): JSX.Element | null {
  const { t, format } = useLanguage();
  const all = filesystems(series);
  if (all.length === 0) return null;
  const others = notListed(series).get('filesystem') ?? 0;
  return (
    <section className={panel['panel']} aria-labelledby="filesystems">
      <h2 id="filesystems">{t('filesystems.title')}</h2>
      <ul className={css['filesystems']}>
        {all.map((one) => (
          <li key={one.mountpoint}>
            <Meter
              label={visible(one.mountpoint)}
              ratio={one.ratio}
              {...(Number.isNaN(one.limitBytes) ? {} : { detail: format.bytes(one.limitBytes) })}
            />
            <p>
              {visible([one.device, one.type].filter(Boolean).join(' · '))}
              <span>
                {Number.isNaN(one.freeBytes)
                  ? ''
                  : t('filesystems.free', { bytes: format.bytes(one.freeBytes) })}
                {Number.isNaN(one.inodes)
                  ? ''
                  : ` · ${t('filesystems.inodes', { share: format.percent(one.inodes) })}`}
              </span>
            </p>
          </li>
        ))}
      </ul>
      {others > 0 && (
        <p className={css['others']}>{t('filesystems.notListed', { count: others })}</p>
      )}
    </section>
  );
}
