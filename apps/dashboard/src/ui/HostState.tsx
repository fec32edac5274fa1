import type { HostStatus, Priority } from '@openmanager/protocol';
import type { JSX } from 'react';
import { useT, type MessageId } from '../i18n/locale.ts';
import { classes } from './classes.ts';
import css from './host-state.module.css';

const statusLabels: Readonly<Record<HostStatus, MessageId>> = {
  online: 'status.online',
  stale: 'status.stale',
  offline: 'status.offline',
};

const priorityLabels: Readonly<Record<Priority, MessageId>> = {
  low: 'priority.low',
  medium: 'priority.medium',
  high: 'priority.high',
  critical: 'priority.critical',
};

export function statusLabel(status: HostStatus): MessageId {
  return statusLabels[status];
}

export function priorityLabel(priority: Priority): MessageId {
  return priorityLabels[priority];
}

/** Full disc, half disc, ring: distinct without colour. */
export function StatusMark({
  status,
  quiet = false,
}: {
  readonly status: HostStatus;
  readonly quiet?: boolean;
}): JSX.Element {
  const t = useT();
  return (
    <span className={classes(css['status'], css[status])}>
      <svg width="10" height="10" viewBox="0 0 10 10" aria-hidden="true" focusable="false">
        <circle
          cx="5"
          cy="5"
          r="3.8"
          fill={status === 'online' ? 'currentColor' : 'none'}
          stroke="currentColor"
          strokeWidth="1.6"
        />
        {status === 'stale' && <path d="M5 1.2a3.8 3.8 0 0 1 0 7.6z" fill="currentColor" />}
        {status === 'offline' && (
          <path d="M2.3 7.7l5.4-5.4" stroke="currentColor" strokeWidth="1.4" />
        )}
      </svg>
      <span className={quiet ? 'visually-hidden' : undefined}>{t(statusLabels[status])}</span>
    </span>
  );
}

const levels: readonly Priority[] = ['low', 'medium', 'high', 'critical'];

/** One to four bars beside the colour and the name. */
export function PriorityMark({ priority }: { readonly priority: Priority }): JSX.Element {
  const t = useT();
  const rank = levels.indexOf(priority);
  return (
    <span className={classes(css['priority'], css[priority])}>
      <svg width="15" height="12" viewBox="0 0 15 12" aria-hidden="true" focusable="false">
        {levels.map((level, index) => (
          <rect
            key={level}
            x={index * 4}
            y={9 - index * 3}
            width="3"
            height={3 + index * 3}
            rx="1"
            fill="currentColor"
            opacity={index <= rank ? 1 : 0.22}
          />
        ))}
      </svg>
      <span>{t(priorityLabels[priority])}</span>
    </span>
  );
}
