import { priorities, type HostStatus, type Priority } from '@openmanager/protocol';
import { useFleet, useStats, type ServerMetrics } from '@openmanager/react';
import { useDeferredValue, useMemo, useRef, useState, type JSX } from 'react';
import { Link } from 'wouter';
import { usePageTitle } from '../../state/firing.ts';
import { useNow } from '../../state/now.ts';
import {
  fleetOrders,
  setPreferences,
  usePreferences,
  type FleetLayout,
  type FleetOrder,
} from '../../state/preferences.ts';
import { useLanguage, type MessageId } from '../../i18n/locale.ts';
import { Button, buttonClass } from '../../ui/Button.tsx';
import { Segments, Select } from '../../ui/choice.tsx';
import { inputClass } from '../../ui/Field.tsx';
import { Empty } from '../../ui/notice.tsx';
import { priorityLabel, statusLabel } from '../../ui/HostState.tsx';
import { Icon } from '../../ui/icons.tsx';
import { useMedia } from '../../ui/media.ts';
import { CalmOrder } from './calm-order.ts';
import { HostCard, HostRow } from './HostCard.tsx';
import { countByStatus, isFiltered, noFilter, type FleetFilter } from './select.ts';
import { useGridWindow } from './window.ts';
import css from './fleet.module.css';

const orderLabels: Readonly<Record<FleetOrder, MessageId>> = {
  priority: 'order.priority',
  name: 'order.name',
  cpu: 'order.cpu',
  memory: 'order.memory',
  disk: 'order.disk',
  network: 'order.network',
};

const shapes = {
  cards: { itemHeight: 186, gap: 12, minWidth: 316 },
  rows: { itemHeight: 52, gap: 0, minWidth: Infinity },
} as const;

const narrowRows = { itemHeight: 96, gap: 0, minWidth: Infinity } as const;

/** Borders of the list, px. */
const EDGES = 2;

/** Hosts change places at most this often, and never under the pointer. */
const REORDER_MS = 5000;

export function FleetPage(): JSX.Element {
  const { t } = useLanguage();
  const hosts = useFleet();
  const begun = useStats((stats) => stats.framesReceived > 0);
  const { fleetLayout, fleetOrder } = usePreferences();
  const [filter, setFilter] = useState<FleetFilter>(noFilter);
  usePageTitle(t('nav.fleet'));
  const counts = countByStatus(hosts);

  if (hosts.length === 0)
    return (
      <>
        <h1 className="visually-hidden">{t('nav.fleet')}</h1>
        {begun ? <NoHosts /> : <p className={css['waiting']}>{t('fleet.waiting')}</p>}
      </>
    );

  return (
    <>
      <div className={css['bar']}>
        <h1>{t('nav.fleet')}</h1>
        <Segments<HostStatus | 'all'>
          label={t('fleet.status')}
          choices={(['all', 'online', 'stale', 'offline'] as const).map((status) => ({
            value: status,
            label: `${status === 'all' ? t('fleet.all') : t(statusLabel(status))} ${counts[status]}`,
          }))}
          value={filter.status}
          onChange={(status) => setFilter({ ...filter, status })}
        />
        <div className={css['tools']}>
          <label className={css['search']}>
            <Icon name="search" />
            <input
              type="search"
              className={inputClass}
              placeholder={t('fleet.search')}
              aria-label={t('fleet.search')}
              value={filter.text}
              onChange={(event) => setFilter({ ...filter, text: event.currentTarget.value })}
            />
          </label>
          <Select<Priority>
            label={t('fleet.priority')}
            choices={priorities.map((value) => ({
              value,
              label:
                value === 'low'
                  ? t('fleet.anyPriority')
                  : t('fleet.atLeast', { priority: t(priorityLabel(value)) }),
            }))}
            value={filter.minPriority}
            onChange={(minPriority) => setFilter({ ...filter, minPriority })}
          />
          <Select<FleetOrder>
            label={t('fleet.order')}
            choices={fleetOrders.map((value) => ({ value, label: t(orderLabels[value]) }))}
            value={fleetOrder}
            onChange={(value) => setPreferences({ fleetOrder: value })}
          />
          <Segments<FleetLayout>
            label={t('fleet.layout')}
            choices={[
              { value: 'cards', label: t('fleet.cards'), icon: <Icon name="cards" /> },
              { value: 'rows', label: t('fleet.rows'), icon: <Icon name="rows" /> },
            ]}
            value={fleetLayout}
            onChange={(value) => setPreferences({ fleetLayout: value })}
            iconsOnly
          />
        </div>
      </div>
      <HostList
        hosts={hosts}
        filter={filter}
        order={fleetOrder}
        layout={fleetLayout}
        onClear={() => setFilter(noFilter)}
      />
    </>
  );
}

interface HostListProps {
  readonly hosts: readonly ServerMetrics[];
  readonly filter: FleetFilter;
  readonly order: FleetOrder;
  readonly layout: FleetLayout;
  readonly onClear: () => void;
}

function HostList({ hosts, filter, order, layout, onClear }: HostListProps): JSX.Element {
  const { t, format } = useLanguage();
  const list = useRef<HTMLUListElement>(null);
  const deferred = useDeferredValue(filter);
  const [calm] = useState(() => new CalmOrder());
  const turn = useNow(REORDER_MS);
  const ids = calm.ids({ hosts, filter: deferred, order, format, turn });
  const byId = useMemo(() => new Map(hosts.map((host) => [host.hostId, host])), [hosts]);
  const narrow = useMedia('(max-width: 759px)');
  // The text is larger there (styles/base.css), and so is what it stands in.
  const scale = useMedia('(min-width: 2400px)') ? 16 / 14 : 1;
  const base = layout === 'rows' && narrow ? narrowRows : shapes[layout];
  const shape = {
    ...base,
    itemHeight: Math.round(base.itemHeight * scale),
    minWidth: base.minWidth * scale,
  };
  const shown = useGridWindow(list, { ...shape, count: ids.length });
  const Item = layout === 'cards' ? HostCard : HostRow;
  return (
    <>
      <output className="visually-hidden">
        {isFiltered(filter) ? t('fleet.matching', { count: ids.length }) : ''}
      </output>
      {ids.length === 0 && (
        <Empty title={t('fleet.noMatch')}>
          <Button onClick={onClear}>{t('fleet.clearFilter')}</Button>
        </Empty>
      )}
      <ul
        ref={list}
        className={css['list']}
        data-layout={layout}
        style={{
          height: shown.height + EDGES,
          paddingTop: shown.offset,
          gridTemplateColumns: `repeat(${shown.columns}, minmax(0, 1fr))`,
          gridAutoRows: shape.itemHeight,
        }}
        onPointerEnter={() => calm.hold(true)}
        onPointerLeave={() => calm.hold(false)}
      >
        {ids.slice(shown.start, shown.end).map((id, index) => {
          const host = byId.get(id);
          return (
            host && <Item key={id} host={host} place={shown.start + index + 1} count={ids.length} />
          );
        })}
      </ul>
    </>
  );
}

function NoHosts(): JSX.Element {
  const { t } = useLanguage();
  return (
    <Empty title={t('fleet.empty')}>
      <p>{t('fleet.emptyHint')}</p>
      <Link href="/agents" className={buttonClass('primary')}>
        <Icon name="plus" />
        {t('fleet.addFirst')}
      </Link>
    </Empty>
  );
}
