/** Tables of /proc/net, of the network namespace that the agent is in. */
import { existsSync } from 'node:fs';
import { TextFile } from './text-file.ts';

/** /proc/net is a link to self/net; trees that were copied may lack one of the two. */
export function netFile(root: string, name: string): TextFile {
  const linked = `${root}/proc/net/${name}`;
  return new TextFile(existsSync(linked) ? linked : `${root}/proc/self/net/${name}`);
}

/**
 * Values by `Section.Name` of files that have a line of names and one of numbers for each section: snmp, netstat. They
 * have hundreds, so the places of those that are wanted are looked up once for each line of names.
 */
export class NamedNumbers {
  readonly #wanted: ReadonlySet<string>;
  readonly #places = new Map<string, readonly (readonly [name: string, at: number])[]>();

  constructor(wanted: Iterable<string>) {
    this.#wanted = new Set(wanted);
  }

  /** Puts what is wanted of `text` into `numbers`. */
  read(text: string, numbers: Map<string, number>): void {
    const lines = text.split('\n');
    for (let at = 0; at + 1 < lines.length; at += 2) {
      const places = this.#placesOf(lines[at] as string);
      if (places.length === 0) continue;
      const values = (lines[at + 1] as string).split(' ');
      for (const [name, place] of places) numbers.set(name, Number(values[place]));
    }
  }

  #placesOf(head: string): readonly (readonly [string, number])[] {
    let places = this.#places.get(head);
    if (places) return places;
    const [section = '', ...names] = head.split(' ');
    places = names
      .map((name, at) => [`${section.slice(0, -1)}.${name}`, at + 1] as const)
      .filter(([name]) => this.#wanted.has(name));
    // A kernel has one line for each section; more than that is no such file.
    if (this.#places.size < 64) this.#places.set(head, places);
    return places;
  }
}
