import type { ChartGroup as Group } from '@openmanager/protocol';
import type { JSX, ReactNode } from 'react';
import { useLanguage } from '../../i18n/locale.ts';
import type { MessageId } from '../../i18n/locale.ts';
import css from './host.module.css';

const titles: Readonly<Record<Group, MessageId>> = {
  kernel: 'host.group.kernel',
  storage: 'host.group.storage',
  network: 'host.group.network',
  hardware: 'host.group.hardware',
};

/** Charts under a heading of their own. While it is closed they are neither drawn nor asked for. */
export function ChartGroup({
  group,
  count,
  open,
  onToggle,
  children,
}: {
  readonly group: Group;
  readonly count: number;
  readonly open: boolean;
  readonly onToggle: (open: boolean) => void;
  readonly children: ReactNode;
}): JSX.Element {
  const { t, format } = useLanguage();
  return (
    <details
      className={css['group']}
      open={open}
      onToggle={(event) => onToggle(event.currentTarget.open)}
    >
      <summary>
        <h2>{t(titles[group])}</h2>
        <span>{format.number(count)}</span>
      </summary>
      {open && <div className={css['charts']}>{children}</div>}
    </details>
  );
}
