import { MINUTE_MS } from '@openmanager/protocol/durations';
import type { Session, SlowClient, StorageFigures, SystemStatus } from '@openmanager/protocol';
import { useSystemStatus } from '@openmanager/react';
import type { JSX, ReactNode } from 'react';
import { usePageTitle } from '../../state/firing.ts';
import { useNow } from '../../state/now.ts';
import { useResource } from '../../api/use-resource.ts';
import { useFormat, useT, type MessageId } from '../../i18n/locale.ts';
import { classes } from '../../ui/classes.ts';
import { Empty } from '../../ui/notice.tsx';
import { ScrollBox, tables } from '../../ui/table.tsx';
import { Tag } from '../../ui/Tag.tsx';
import { ClockDoubt } from './ClockDoubt.tsx';
import { Problems } from './Problems.tsx';
import css from './system.module.css';

/** What history takes is looked up this often. */
const STORAGE_EVERY_MS = MINUTE_MS;

type Pair = readonly [label: MessageId, value: ReactNode];

/** The hub itself: what comes in, what goes out, who is slow, what history takes. */
export function SystemPage({ session }: { readonly session: Session }): JSX.Element {
  const t = useT();
  usePageTitle(t('nav.system'));
  const status = useSystemStatus();
  const { resource, reload } = useResource<StorageFigures>('storage', useNow(STORAGE_EVERY_MS));
  return (
    <>
      <h1 className="visually-hidden">{t('nav.system')}</h1>
      <Problems />
      {status === null ? (
        <p className={css['loading']} aria-live="polite">
          {t('common.loading')}
        </p>
      ) : (
        <>
          <Figures status={status} />
          <SlowClients status={status} />
        </>
      )}
      {resource.value?.clockDoubt && (
        <ClockDoubt
          doubt={resource.value.clockDoubt}
          admin={session.role === 'admin'}
          onTrusted={reload}
        />
      )}
      {resource.value && <History storage={resource.value} />}
    </>
  );
}

function Figures({ status }: { readonly status: SystemStatus }): JSX.Element {
  const t = useT();
  const f = useFormat();
  const both = ({ p50, p99 }: { readonly p50: number; readonly p99: number }): string =>
    `${f.latency(p50)} / ${f.latency(p99)}`;
  const { hosts, dropped, lag } = status;
  const groups: readonly (readonly [MessageId, readonly Pair[]])[] = [
    [
      'system.hub',
      [
        ['delivery.version', status.version],
        ['delivery.uptime', f.duration(status.timeMs - status.startedAtMs)],
        ['delivery.memory', f.bytes(status.rssBytes)],
        ['system.stall', f.latency(status.eventLoopMaxMs)],
        ['system.keepsUp', t(status.behind ? 'system.isBehind' : 'system.isInTime')],
        ['system.lagLoop', both(lag.loop)],
        ['system.lagSweep', both(lag.sweep)],
        ['system.missed', f.duration(status.missedMs)],
      ],
    ],
    [
      'system.in',
      [
        [
          'system.hosts',
          `${f.number(hosts.online)} / ${f.number(hosts.online + hosts.stale + hosts.offline)}`,
        ],
        [
          'delivery.samples',
          f.number(status.samplesPerSecond, status.samplesPerSecond < 100 ? 1 : 0),
        ],
        ['system.lagQueue', both(lag.queue)],
        ['system.lagEvaluation', both(lag.evaluation)],
        ['delivery.commit', both(status.commitMs)],
        [
          'delivery.lost',
          f.number(dropped.batchesLost + dropped.batchesLostByHub + dropped.batchesRejected),
        ],
        ['system.duplicates', f.number(dropped.duplicates)],
        ['system.rowsRepeated', f.number(dropped.rowsRepeated)],
        ['system.seriesLeftOut', f.number(dropped.seriesLeftOut)],
        ['system.agentsHeld', f.number(dropped.agentsDeferred + dropped.connectionsRefused)],
      ],
    ],
    [
      'system.out',
      [
        ['delivery.clients', f.number(status.clientsConnected)],
        ['delivery.delivery', both(status.deliveryMs)],
        ['system.frames', `${f.number(status.framesSent)} · ${f.bytes(status.bytesSent)}`],
        ['system.coalesced', f.number(dropped.framesCoalesced)],
      ],
    ],
  ];
  return (
    <div className={css['groups']}>
      {groups.map(([title, pairs]) => (
        <section key={title} className={css['card']} aria-labelledby={title}>
          <h2 id={title}>{t(title)}</h2>
          <dl className={css['pairs']}>
            {pairs.map(([label, value]) => (
              <div key={label}>
                <dt>{t(label)}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </div>
  );
}

function SlowClients({ status }: { readonly status: SystemStatus }): JSX.Element {
  const t = useT();
  const f = useFormat();
  const { slowClients: slow } = status;
  return (
    <section className={css['section']} aria-labelledby="slow">
      <div className={css['head']}>
        <h2 id="slow">{t('system.slow')}</h2>
        <p className={css['hint']}>
          {t('system.slowHint', { lagging: slow.lagging, evicted: slow.evicted })}
        </p>
      </div>
      {slow.worst.length === 0 ? (
        <Empty title={t('system.noSlow')}>
          <p>{t('system.noSlowHint')}</p>
        </Empty>
      ) : (
        <ScrollBox
          className={tables['tableWrap']}
          tabIndex={0}
          role="region"
          aria-labelledby="slow"
        >
          <table className={tables['table']}>
            <thead>
              <tr>
                <th scope="col">{t('system.client')}</th>
                <th scope="col">{t('agents.state')}</th>
                <th scope="col">{t('system.connected')}</th>
                <th scope="col" className={tables['numeric']}>
                  {t('system.left')}
                </th>
                <th scope="col" className={tables['numeric']}>
                  {t('system.held')}
                </th>
              </tr>
            </thead>
            <tbody>
              {slow.worst.map((client: SlowClient) => (
                <tr key={client.id}>
                  <th scope="row">
                    {client.subject} <span className={css['hint']}>{client.address}</span>
                  </th>
                  <td>
                    {client.lagging ? (
                      <Tag tone="medium">{t('system.behind')}</Tag>
                    ) : (
                      t('system.caughtUp')
                    )}
                  </td>
                  <td>{f.dateTime(client.connectedAtMs)}</td>
                  <td className={tables['numeric']}>{f.number(client.framesCoalesced)}</td>
                  <td className={tables['numeric']}>{f.bytes(client.heldBytes)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollBox>
      )}
    </section>
  );
}

function History({ storage }: { readonly storage: StorageFigures }): JSX.Element {
  const t = useT();
  const f = useFormat();
  return (
    <section className={css['section']} aria-labelledby="history">
      <div className={css['head']}>
        <h2 id="history">{t('system.history')}</h2>
        <p className={css['hint']}>
          {t('system.historyHint', {
            samples: f.number(storage.samplesStored),
            now: f.bytes(storage.bytesOnDisk),
            full: f.bytes(storage.bytesExpected),
          })}
        </p>
      </div>
      {storage.damaged > 0 && (
        <p className={css['trouble']} role="alert">
          {t('system.damaged', { count: storage.damaged })}
        </p>
      )}
      <ScrollBox
        className={tables['tableWrap']}
        tabIndex={0}
        role="region"
        aria-labelledby="history"
      >
        <table className={classes(tables['table'], css['tiers'])}>
          <thead>
            <tr>
              <th scope="col">{t('system.tier')}</th>
              <th scope="col">{t('system.kept')}</th>
              <th scope="col">{t('system.oldest')}</th>
              <th scope="col" className={tables['numeric']}>
                {t('system.bytes')}
              </th>
            </tr>
          </thead>
          <tbody>
            {storage.tiers.map((tier) => (
              <tr key={tier.bucketMs}>
                <th scope="row">
                  {tier.bucketMs === 0
                    ? t('system.samples')
                    : t('system.bucket', { width: f.duration(tier.bucketMs) })}
                </th>
                <td>{f.duration(tier.retentionMs)}</td>
                <td>{tier.oldestMs === 0 ? '–' : f.dateTime(tier.oldestMs)}</td>
                <td className={tables['numeric']}>{f.bytes(tier.bytes)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
      {storage.lateDropped > 0 && (
        <p className={css['hint']}>{t('system.late', { count: storage.lateDropped })}</p>
      )}
    </section>
  );
}
