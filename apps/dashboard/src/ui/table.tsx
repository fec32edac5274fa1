import type { ComponentProps, JSX } from 'react';
import { Icon } from './icons.tsx';
import css from './table.module.css';

/** Classes of tables and of the panels they stand in. */
export { css as tables };

/** What may be wider or longer than its place: reached by keyboard, so that it can be scrolled. */
export function ScrollBox({ children, ...rest }: ComponentProps<'div'>): JSX.Element {
  return (
    <div {...rest} role="group" tabIndex={0}>
      {children}
    </div>
  );
}

export interface Column<K extends string> {
  readonly key: K;
  readonly label: string;
  readonly numeric?: boolean;
}

export interface Sorting<K extends string> {
  readonly key: K;
  readonly descending: boolean;
}

/** Column heads that sort; the direction is announced by `aria-sort`. */
export function SortHead<K extends string>({
  columns,
  sorting,
  onSort,
}: {
  readonly columns: readonly Column<K>[];
  readonly sorting: Sorting<K>;
  readonly onSort: (sorting: Sorting<K>) => void;
}): JSX.Element {
  return (
    <thead>
      <tr>
        {columns.map((column) => {
          const active = column.key === sorting.key;
          return (
            <th
              key={column.key}
              scope="col"
              className={column.numeric ? css['numeric'] : undefined}
              aria-sort={active ? (sorting.descending ? 'descending' : 'ascending') : undefined}
            >
              <button
                type="button"
                className={css['sort']}
                onClick={() =>
                  onSort({
                    key: column.key,
                    descending: active ? !sorting.descending : column.numeric === true,
                  })
                }
              >
                {column.label}
                {active && <Icon name={sorting.descending ? 'sortDown' : 'sortUp'} size={14} />}
              </button>
            </th>
          );
        })}
      </tr>
    </thead>
  );
}
