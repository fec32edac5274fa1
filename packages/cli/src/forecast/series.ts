/** Reads a line `id,v1,v2,…`; cells may be quoted. */
import { FieldError, readValue } from '../detect/row.ts';

export interface NamedSeries {
  readonly id: string;
  /** NaN where a value is missing; none at the end. */
  readonly values: Float64Array;
}

/** Throws a FieldError that names the cell. */
export function readSeries(line: string): NamedSeries {
  const [id = '', ...cells] = cellsOf(line);
  while (cells.length > 0 && (cells.at(-1) as string).trim() === '') cells.pop();
  if (id.trim() === '') throw new FieldError('id', id);
  if (cells.length === 0) throw new FieldError('v1', '');
  return {
    id,
    values: Float64Array.from(cells, (cell, index) => readValue(cell, `v${index + 1}`)),
  };
}

/** A cell, quoted where it has to be. */
export function writeCell(cell: string): string {
  return /[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

const CELL = /"((?:[^"]|"")*)"|(?!")([^,]*)/y;

function cellsOf(line: string): string[] {
  if (!line.includes('"')) return line.split(',');
  const cells: string[] = [];
  for (let at = 0; at <= line.length; at++) {
    CELL.lastIndex = at;
    const [whole = '', quoted, plain = ''] = CELL.exec(line) ?? [];
    at += whole.length;
    const cell = quoted === undefined ? plain : quoted.replaceAll('""', '"');
    // What follows a closing quote belongs to no cell.
    if (at < line.length && line[at] !== ',')
      throw new FieldError(cells.length === 0 ? 'id' : `v${cells.length}`, line.slice(at, at + 20));
    cells.push(cell);
  }
  return cells;
}
