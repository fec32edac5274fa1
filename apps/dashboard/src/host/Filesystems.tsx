import { parseSeriesKey } from '@openmanager/protocol';
import type { JSX } from 'react';
import { useLanguage } from '../i18n/locale.ts';
import { Meter } from '../ui/Meter.tsx';
import css from './host.module.css';

export interface Filesystem {
  readonly mountpoint: string;
  readonly device: string;
  readonly type: string;
  readonly ratio: number;
  readonly limitBytes: number;
  readonly freeBytes: number;
  readonly inodes: number;
}

/** Filesystems among a host's series, fullest first. */
export function filesystems(series: Readonly<Record<string, number>>): Filesystem[] {
  const found = new Map<string, { -readonly [K in keyof Filesystem]: Filesystem[K] }>();
  for (const [key, value] of Object.entries(series)) {
    if (!key.startsWith('system.filesystem.')) continue;
    const { metric, attributes } = parseSeriesKey(key);
    const mountpoint = attributes['system.filesystem.mountpoint'];
    if (mountpoint === undefined) continue;
    let one = found.get(mountpoint);
    if (!one) {
      one = {
        mountpoint,
        device: attributes['system.device'] ?? '',
        type: attributes['system.filesystem.type'] ?? '',
        ratio: Number.NaN,
        limitBytes: Number.NaN,
        freeBytes: Number.NaN,
        inodes: Number.NaN,
      };
      found.set(mountpoint, one);
    }
    if (metric === 'system.filesystem.utilization') one.ratio = value;
    else if (metric === 'system.filesystem.limit') one.limitBytes = value;
    else if (metric === 'system.filesystem.inodes.utilization') one.inodes = value;
    else if (metric === 'system.filesystem.usage' && attributes['system.filesystem.state'] === 'free') one.freeBytes = value;
  }
  return [...found.values()].sort((a, b) => (b.ratio || 0) - (a.ratio || 0) || (a.mountpoint < b.mountpoint ? -1 : 1));
}

export function Filesystems({ series }: { readonly series: Readonly<Record<string, number>> }): JSX.Element | null {
  const { t, format } = useLanguage();
  const all = filesystems(series);
  if (all.length === 0) return null;
  return (
    <section className={css['panel']} aria-labelledby="filesystems">
      <h2 id="filesystems">{t('filesystems.title')}</h2>
      <ul className={css['filesystems']}>
        {all.map((one) => (
          <li key={one.mountpoint}>
            <Meter
              label={one.mountpoint}
              ratio={one.ratio}
              {...(Number.isNaN(one.limitBytes) ? {} : { detail: format.bytes(one.limitBytes) })}
            />
            <p>
              {[one.device, one.type].filter(Boolean).join(' · ')}
              <span>
                {Number.isNaN(one.freeBytes) ? '' : t('filesystems.free', { bytes: format.bytes(one.freeBytes) })}
                {Number.isNaN(one.inodes) ? '' : ` · ${t('filesystems.inodes', { share: format.percent(one.inodes) })}`}
              </span>
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}
