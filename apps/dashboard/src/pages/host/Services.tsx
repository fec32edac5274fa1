import { useMemo, useState, type JSX } from 'react';
import { useLanguage } from '../../i18n/locale.ts';
import { SortHead, type Column, type Sorting, ScrollBox, tables } from '../../ui/table.tsx';
import { notListed } from './not-listed.ts';
import {
  hasSystemd,
  services,
  sortServices,
  type Service,
  type ServiceColumn,
} from './service-list.ts';
import css from './services.module.css';
import panel from './panel.module.css';

/** Units of systemd. Hosts without systemd have no such panel. */
export function Services({
  series,
}: {
  readonly series: Readonly<Record<string, number>>;
}): JSX.Element | null {
  const { t, format } = useLanguage();
  const [sorting, setSorting] = useState<Sorting<ServiceColumn>>({
    key: 'state',
    descending: true,
  });
  const columns: readonly Column<ServiceColumn>[] = [
    { key: 'name', label: t('services.name') },
    { key: 'state', label: t('services.state') },
    { key: 'restarts', label: t('services.restarts'), numeric: true },
    { key: 'memoryBytes', label: t('services.memory'), numeric: true },
  ];
  const all = useMemo(() => services(series), [series]);
  const rows = useMemo(
    () => sortServices(all, sorting, (a, b) => format.compare(a, b)),
    [all, sorting, format],
  );
  const loading = Object.keys(series).length === 0;
  if (!loading && !hasSystemd(series)) return null;
  const left = notListed(series).get('systemd') ?? 0;
  return (
    <section className={panel['panel']} aria-labelledby="services">
      <h2 id="services">{t('services.title')}</h2>
      {rows.length === 0 ? (
        <p className={css['none']}>{t(loading ? 'common.loading' : 'services.none')}</p>
      ) : (
        <ScrollBox className={css['services']} aria-labelledby="services">
          <table className={tables['table']}>
            <SortHead columns={columns} sorting={sorting} onSort={setSorting} />
            <tbody>
              {rows.map((row) => (
                <tr key={row.name}>
                  <th scope="row" className={css['name']} title={row.name}>
                    {row.name}
                  </th>
                  <td>
                    <State state={row.state} />
                  </td>
                  <td className={tables['numeric']}>{format.number(row.restarts)}</td>
                  <td className={tables['numeric']}>{format.bytes(row.memoryBytes)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollBox>
      )}
      {left > 0 && <p className={css['left']}>{t('services.notListed', { count: left })}</p>}
    </section>
  );
}

function State({ state }: Pick<Service, 'state'>): JSX.Element {
  const { t } = useLanguage();
  if (state === undefined) return <>–</>;
  return (
    <span className={css['state']} data-state={state}>
      {t(`services.state.${state}`)}
    </span>
  );
}
