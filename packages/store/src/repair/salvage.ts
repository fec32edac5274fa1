/**
 * The rows of a table, as far as its pages can be read: those that its tree leads to, then those of pages that only the
 * page map knows of, because an inner page above them is damaged. What cannot be read is told with the row ids it had.
 */
import { readBtreePage, type BtreePage, type Row } from './btree-page.ts';
import { PageMap } from './page-map.ts';
import type { Pages } from './pages.ts';

/** Row ids after `after`, up to and including `upTo`; undefined where nobody knows. */
export interface LostSpan {
  readonly table: string;
  readonly after: bigint | undefined;
  readonly upTo: bigint | undefined;
}

export interface Table {
  readonly name: string;
  readonly root: number;
  readonly kind: BtreePage['kind'];
}

export class Salvage {
  readonly lost: LostSpan[] = [];
  readonly #pages: Pages;
  readonly #map: PageMap;
  readonly #seen: Uint8Array;
  #visited = 0;
  onProgress: ((done: number, all: number) => void) | undefined;

  constructor(pages: Pages) {
    this.#pages = pages;
    this.#map = new PageMap(pages);
    this.#seen = new Uint8Array(pages.count + 1);
  }

  *rows(table: Table): Generator<Row, void> {
    yield* this.#walk(table, table.root, undefined, undefined);
    for (let number = 3; number <= this.#pages.count; number++) {
      if (this.#seen[number] === 1 || this.#map.rootOf(number) !== table.root) continue;
      const page = readBtreePage(this.#pages, number);
      // Of inner pages without a way to them only the rows count: their children are in the map themselves.
      if (page?.kind !== table.kind) continue;
      this.#visit(number);
      yield* inOrder(page, undefined, undefined, () => this.#lose(table, undefined, undefined));
    }
  }

  *#walk(
    table: Table,
    number: number,
    after: bigint | undefined,
    upTo: bigint | undefined,
  ): Generator<Row, void> {
    const isThere = number >= 1 && number <= this.#pages.count;
    if (isThere && this.#seen[number] === 1) return;
    if (isThere) this.#visit(number);
    const page = readBtreePage(this.#pages, number);
    if (page?.kind !== table.kind) {
      this.#lose(table, after, upTo);
      return;
    }
    let before = after;
    for (const child of page.children) {
      const last = child.upTo ?? upTo;
      const root = this.#map.rootOf(child.page);
      // A damaged pointer must not lead into another table.
      if (root !== undefined && root !== table.root) this.#lose(table, before, last);
      else yield* this.#walk(table, child.page, before, last);
      before = last;
    }
    yield* inOrder(page, after, upTo, () => this.#lose(table, after, upTo));
  }

  #visit(number: number): void {
    this.#seen[number] = 1;
    this.#visited++;
    this.onProgress?.(this.#visited, this.#pages.count);
  }

  #lose({ name }: Table, after: bigint | undefined, upTo: bigint | undefined): void {
    this.lost.push({ table: name, after, upTo });
  }
}

/** Rows whose ids fit between their neighbours: a row under a changed id would be another one. */
function* inOrder(
  page: BtreePage,
  after: bigint | undefined,
  upTo: bigint | undefined,
  onBroken: () => void,
): Generator<Row, void> {
  if (page.broken > 0) onBroken();
  if (page.kind === 'index') {
    yield* page.rows;
    return;
  }
  let last = after;
  for (const [index, row] of page.rows.entries()) {
    const next = page.rows[index + 1]?.rowid;
    const fitsBefore = last === undefined || row.rowid > last;
    const fitsAfter = upTo === undefined || row.rowid <= upTo;
    const isAhead = next !== undefined && row.rowid >= next && (last === undefined || next > last);
    if (!fitsBefore || !fitsAfter || isAhead) {
      onBroken();
      continue;
    }
    last = row.rowid;
    yield row;
  }
}
