import {
  useClient,
  useConnection,
  useStats,
  useSystemStatus,
  type ConnectionState,
} from '@openmanager/react';
import { useId, useState, type JSX, type ReactNode } from 'react';
import { useFormat, useT, type MessageId } from '../i18n/locale.ts';
import { Button } from '../ui/Button.tsx';
import { classes } from '../ui/classes.ts';
import { useNow } from '../state/now.ts';
import css from './connection.module.css';
import popover from './popover.module.css';

type Light = 'connected' | 'waiting' | 'broken';

const looks: Readonly<
  Record<ConnectionState['status'], { readonly light: Light; readonly label: MessageId }>
> = {
  idle: { light: 'waiting', label: 'connection.connecting' },
  connecting: { light: 'waiting', label: 'connection.connecting' },
  connected: { light: 'connected', label: 'connection.live' },
  reconnecting: { light: 'waiting', label: 'connection.reconnecting' },
  offline: { light: 'broken', label: 'connection.offline' },
  closed: { light: 'broken', label: 'connection.closed' },
};

/** Data older than this is called stale even though the connection stands. */
const STALE_MS = 15_000;

/** State, round trip and age of the newest data; a click shows how delivery is doing. */
export function ConnectionBadge(): JSX.Element {
  const t = useT();
  const format = useFormat();
  const status = useConnection((state) => state.status);
  const rttMs = useConnection((state) => (state.status === 'connected' ? state.rttMs : null));
  const ageMs = useAge();
  const [open, setOpen] = useState(false);
  const id = useId();
  const look = looks[status];
  const stale = status === 'connected' && ageMs !== null && ageMs > STALE_MS;
  const light = stale ? 'waiting' : look.light;
  const label = stale ? t('connection.stale') : t(look.label);
  return (
    <>
      <button type="button" className={css['badge']} popoverTarget={id} aria-haspopup="dialog">
        <span
          className={classes(css['dot'], css[light], stale && css['broken'])}
          aria-hidden="true"
        />
        <strong>
          <span className="visually-hidden">{t('connection.label')} </span>
          {label}
        </strong>
        {status === 'connected' && (
          <span className={css['figures']}>
            <span title={t('connection.roundTrip')}>
              {rttMs === null ? '' : format.latency(rttMs)}
            </span>
            <span title={t('connection.age')}>
              {ageMs === null ? '' : ageMs < 1000 ? `< 1\u00a0s` : format.duration(ageMs)}
            </span>
          </span>
        )}
      </button>
      <output className="visually-hidden">{label}</output>
      <div
        id={id}
        popover="auto"
        className={popover['popover']}
        role="dialog"
        aria-label={t('connection.label')}
        onToggle={(event) => setOpen(event.newState === 'open')}
      >
        {open && <Delivery label={label} />}
      </div>
    </>
  );
}

/** Age of the newest frame or message in ms, in whole seconds so that the badge stays calm. */
function useAge(): number | null {
  const nowMs = useNow();
  const lastSecond = useStats((stats) =>
    stats.lastReceivedMs === null ? null : Math.floor(stats.lastReceivedMs / 1000),
  );
  return lastSecond === null ? null : Math.max(0, nowMs - lastSecond * 1000);
}

function Delivery({ label }: { readonly label: string }): JSX.Element {
  const t = useT();
  const format = useFormat();
  const stats = useStats();
  const system = useSystemStatus();
  const state = useConnection();
  const nowMs = useNow();
  const pairs: readonly (readonly [MessageId, ReactNode])[] = [
    [
      'delivery.state',
      state.status === 'connected'
        ? t('delivery.since', { span: format.duration(nowMs - state.sinceMs) })
        : label,
    ],
    ['connection.roundTrip', stats.rttMs === null ? '–' : format.latency(stats.rttMs)],
    [
      'delivery.latency',
      stats.latencyMs === null
        ? '–'
        : `${format.latency(stats.latencyMs.p50)} / ${format.latency(stats.latencyMs.p99)}`,
    ],
    [
      'delivery.frames',
      `${format.number(stats.framesReceived)} · ${format.bytes(stats.bytesReceived)}`,
    ],
    ['delivery.reconnects', format.number(stats.reconnects)],
    [
      'delivery.recovered',
      `${format.number(stats.recovered)} / ${format.number(stats.backfilled)}`,
    ],
    ['delivery.gaps', format.number(stats.gaps.length)],
  ];
  const hub: readonly (readonly [MessageId, ReactNode])[] = system
    ? [
        ['delivery.version', system.version],
        ['delivery.uptime', format.duration(system.timeMs - system.startedAtMs)],
        [
          'delivery.samples',
          format.number(system.samplesPerSecond, system.samplesPerSecond < 100 ? 1 : 0),
        ],
        [
          'delivery.stored',
          `${format.number(system.samplesStored)} · ${format.bytes(system.storeBytes)}`,
        ],
        [
          'delivery.commit',
          `${format.latency(system.commitMs.p50)} / ${format.latency(system.commitMs.p99)}`,
        ],
        [
          'delivery.delivery',
          `${format.latency(system.deliveryMs.p50)} / ${format.latency(system.deliveryMs.p99)}`,
        ],
        ['delivery.clients', format.number(system.clientsConnected)],
        ['delivery.memory', format.bytes(system.rssBytes)],
        [
          'delivery.lost',
          format.number(
            system.dropped.batchesLost +
              system.dropped.batchesLostByHub +
              system.dropped.batchesRejected,
          ),
        ],
      ]
    : [];
  return (
    <>
      <h2>{t('delivery.title')}</h2>
      <p className={css['state']}>{t('delivery.hint')}</p>
      <h3>{t('delivery.page')}</h3>
      <Pairs pairs={pairs} />
      {hub.length > 0 && (
        <>
          <h3>{t('delivery.hub')}</h3>
          <Pairs pairs={hub} />
        </>
      )}
    </>
  );
}

function Pairs({
  pairs,
}: {
  readonly pairs: readonly (readonly [MessageId, ReactNode])[];
}): JSX.Element {
  const t = useT();
  return (
    <dl className={css['pairs']}>
      {pairs.map(([id, value]) => (
        <div key={id} style={{ display: 'contents' }}>
          <dt>{t(id)}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Says plainly that what is on the page is not live, and what happens next. */
export function ConnectionBanner(): JSX.Element | null {
  const t = useT();
  const client = useClient();
  const state = useConnection();
  const nowMs = useNow();
  const lagging = useStats((stats) => stats.lagging);
  if (state.status === 'connected' && lagging)
    return (
      <div className={css['banner']} role="status">
        {t('banner.lagging')}
      </div>
    );
  if (
    state.status !== 'offline' &&
    state.status !== 'closed' &&
    !(state.status === 'reconnecting' && state.attempt > 1)
  )
    return null;
  const text =
    state.status === 'reconnecting'
      ? t('banner.reconnecting', { attempt: state.attempt, max: state.maxAttempts })
      : state.status === 'closed'
        ? (state.error?.message ?? t('banner.closed'))
        : state.retryAtMs === null
          ? t('banner.offline')
          : t('banner.retryIn', {
              seconds: Math.max(0, Math.ceil((state.retryAtMs - nowMs) / 1000)),
            });
  return (
    <div className={css['banner']}>
      <span>{text}</span>
      {state.status !== 'reconnecting' && (
        <Button onClick={() => client.connect()}>{t('banner.now')}</Button>
      )}
    </div>
  );
}
