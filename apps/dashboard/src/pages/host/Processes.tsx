import { visible, type ProcessRow } from '@openmanager/protocol';
import type { HostState } from '@openmanager/react';
import { useMemo, useState, type JSX } from 'react';
import { useLanguage } from '../../i18n/locale.ts';
import { SortHead, type Column, type Sorting, ScrollBox, tables } from '../../ui/table.tsx';
import { sortProcesses } from './sort-processes.ts';
import css from './processes.module.css';
import panel from './panel.module.css';

type Key = keyof ProcessRow;

export function Processes({ table }: { readonly table: HostState['processes'] }): JSX.Element {
  const { t, format } = useLanguage();
  const [sorting, setSorting] = useState<Sorting<Key>>({ key: 'cpuUtilization', descending: true });
  const columns: readonly Column<Key>[] = [
    { key: 'name', label: t('process.name') },
    { key: 'cpuUtilization', label: t('process.cpu'), numeric: true },
    { key: 'memoryBytes', label: t('process.memory'), numeric: true },
    { key: 'pid', label: t('process.pid'), numeric: true },
    { key: 'user', label: t('process.user') },
  ];
  const rows = useMemo(
    () => sortProcesses(table?.rows ?? [], sorting, (a, b) => format.compare(a, b)),
    [table, sorting, format],
  );
  return (
    <section className={panel['panel']} aria-labelledby="processes">
      <h2 id="processes">{t('process.title')}</h2>
      {rows.length === 0 ? (
        <p className={css['none']}>{t('process.none')}</p>
      ) : (
        <ScrollBox className={css['processes']} aria-labelledby="processes">
          <table className={tables['table']}>
            <SortHead columns={columns} sorting={sorting} onSort={setSorting} />
            <tbody>
              {rows.map((row) => (
                <tr key={row.pid}>
                  <th scope="row" className={css['processName']} title={row.name}>
                    {visible(row.name)}
                  </th>
                  <td className={tables['numeric']}>{format.percent(row.cpuUtilization)}</td>
                  <td className={tables['numeric']}>{format.bytes(row.memoryBytes)}</td>
                  <td className={tables['numeric']}>{row.pid}</td>
                  <td className={css['processUser']} title={row.user}>
                    {row.user}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollBox>
      )}
    </section>
  );
}
