/**
 * Pointer-map pages: what each page is, and its parent, which a database with incremental vacuum keeps. So a leaf whose
 * parent is damaged is still known to belong to a table, and a free page with old rows is known to be free.
 */
import { PAGE_BYTES, type Pages } from './pages.ts';

const ENTRY_BYTES = 5;
const PER_PAGE = Math.floor(PAGE_BYTES / ENTRY_BYTES);
const STRIDE = PER_PAGE + 1;
/** A tree of the hub is never deeper. */
const MAX_DEPTH = 20;

const ROOT = 1;
const FREE = 2;
const CHILD = 5;

export class PageMap {
  readonly #pages: Pages;
  readonly #cache = new Map<number, Buffer | undefined>();

  constructor(pages: Pages) {
    this.#pages = pages;
  }

  isMapPage(number: number): boolean {
    return number >= 2 && (number - 2) % STRIDE === 0;
  }

  /** The root of the tree a page belongs to; undefined when it is free, of another kind, or not known. */
  rootOf(number: number): number | undefined {
    for (let depth = 0; depth < MAX_DEPTH; depth++) {
      if (number === 1) return 1;
      const entry = this.#entry(number);
      if (!entry) return undefined;
      if (entry.type === ROOT) return number;
      if (entry.type !== CHILD) return undefined;
      number = entry.parent;
    }
    return undefined;
  }

  isFree(number: number): boolean {
    return this.#entry(number)?.type === FREE;
  }

  #entry(number: number): { readonly type: number; readonly parent: number } | undefined {
    if (number < 3) return undefined;
    const group = Math.floor((number - 2) / STRIDE);
    const mapPage = 2 + group * STRIDE;
    if (!this.#cache.has(mapPage)) this.#cache.set(mapPage, this.#pages.read(mapPage));
    const bytes = this.#cache.get(mapPage);
    const at = (number - mapPage - 1) * ENTRY_BYTES;
    if (!bytes || at < 0) return undefined;
    return { type: bytes[at] as number, parent: bytes.readUInt32BE(at + 1) };
  }
}
