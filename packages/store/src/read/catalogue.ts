/** Catalogue of hosts and their series sets, cached; re-read when the writer's change counter moved. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { parseSeriesKey } from '@openmanager/protocol';
import { isNotNumbers } from '../contract/not-numbers.ts';
import type { SeriesMatcher, SeriesSelector } from '../contract/series-history.ts';
import { StoreError } from '../contract/store-error.ts';

export interface KnownSet {
  readonly number: number;
  readonly keys: readonly string[];
  readonly firstStripe: number;
}

export interface KnownHost {
  readonly number: number;
  readonly hostId: string;
  /** The first one first. */
  readonly sets: readonly KnownSet[];
  /** Keys that hold the NaN samples of others. */
  readonly notNumbers: ReadonlySet<string>;
}

/** Series of one host that are asked for. */
export interface Selected {
  readonly host: KnownHost;
  readonly keys: readonly string[];
}

/** Cache size of parsed keys; cleared as a whole when full. */
const MAX_PARSED = 200_000;

export class Catalogue {
  readonly #version: StatementSync;
  readonly #database: DatabaseSync;
  #known = -1;
  #hosts = new Map<string, KnownHost>();
  readonly #labels = new Map<string, Readonly<Record<string, string>>>();
  /** Keys by their text, so that equal ones are held once. */
  readonly #parsedSets = new Map<string, readonly string[]>();

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#version = database.prepare("SELECT value FROM counter WHERE name = 'sets'");
  }

  /** Every host, as of the transaction that is under way. */
  all(): ReadonlyMap<string, KnownHost> {
    const version = Number(this.#version.get()?.['value']);
    if (version !== this.#known) this.#load();
    this.#known = version;
    return this.#hosts;
  }

  #load(): void {
    const sets = new Map<number, KnownSet[]>();
    const seen = new Set<string>();
    for (const row of this.#database
      .prepare('SELECT host, number, keys, first_stripe FROM series_set ORDER BY host, number')
      .iterate()) {
      const text = String(row['keys']);
      seen.add(text);
      let keys = this.#parsedSets.get(text);
      if (!keys) this.#parsedSets.set(text, (keys = JSON.parse(text) as string[]));
      const host = Number(row['host']);
      const known = sets.get(host) ?? [];
      sets.set(host, known);
      known.push({ number: Number(row['number']), keys, firstStripe: Number(row['first_stripe']) });
    }
    for (const text of this.#parsedSets.keys()) if (!seen.has(text)) this.#parsedSets.delete(text);
    this.#hosts = new Map();
    for (const row of this.#database
      .prepare('SELECT number, host_id FROM host ORDER BY host_id')
      .iterate()) {
      const number = Number(row['number']);
      const hostId = String(row['host_id']);
      const ofHost = sets.get(number) ?? [];
      const notNumbers = new Set(ofHost.flatMap(({ keys }) => keys.filter(isNotNumbers)));
      this.#hosts.set(hostId, { number, hostId, sets: ofHost, notNumbers });
    }
  }

  /** Labels of a series: `__name__` and its attributes. */
  labelsOf(key: string): Readonly<Record<string, string>> {
    const known = this.#labels.get(key);
    if (known) return known;
    if (this.#labels.size >= MAX_PARSED) this.#labels.clear();
    const labels = parsed(key);
    this.#labels.set(key, labels);
    return labels;
  }

  select(selector: SeriesSelector): Selected[] {
    const hosts = this.all();
    const tests = (selector.matchers ?? []).map(testOf);
    const byHost = tests.filter(({ label }) => label === 'host');
    const byKey = tests.filter(({ label }) => label !== 'host');
    const wanted = selector.keys === undefined ? undefined : new Set(selector.keys);
    const named = selector.series === undefined ? undefined : new Map<string, Set<string>>();
    for (const { hostId, key } of selector.series ?? []) {
      const keys = named?.get(hostId) ?? new Set();
      named?.set(hostId, keys.add(key));
    }
    const verdicts = new Map<string, boolean>();
    const fits = (key: string): boolean => {
      let verdict = verdicts.get(key);
      if (verdict === undefined) {
        const labels = byKey.length === 0 ? {} : this.labelsOf(key);
        verdict =
          (!wanted || wanted.has(key)) &&
          byKey.every(({ label, fits: test }) =>
            test(Object.hasOwn(labels, label) ? (labels[label] as string) : ''),
          );
        verdicts.set(key, verdict);
      }
      return verdict;
    };
    const selected: Selected[] = [];
    const ids = selector.hostIds ?? (named ? [...named.keys()] : hosts.keys());
    for (const hostId of new Set(ids)) {
      const host = hosts.get(hostId);
      if (!host || !byHost.every(({ fits: test }) => test(hostId))) continue;
      const ofHost = named?.get(hostId);
      const keys = new Set<string>();
      for (const set of host.sets)
        for (const key of set.keys)
          if ((!named || ofHost?.has(key)) && !host.notNumbers.has(key) && fits(key)) keys.add(key);
      if (keys.size > 0) selected.push({ host, keys: [...keys] });
    }
    return selected;
  }
}

function parsed(key: string): Readonly<Record<string, string>> {
  try {
    const { metric, attributes } = parseSeriesKey(key);
    return { __name__: metric, ...attributes };
  } catch {
    // Not a series key of ours: a metric name without attributes.
    return { __name__: key };
  }
}

interface Test {
  readonly label: string;
  readonly fits: (value: string) => boolean;
}

function testOf({ label, op, value }: SeriesMatcher): Test {
  if (op === '=') return { label, fits: (text) => text === value };
  if (op === '!=') return { label, fits: (text) => text !== value };
  let pattern: RegExp;
  try {
    pattern = new RegExp(`^(?:${value})$`, 'us');
  } catch {
    throw new StoreError('invalid', `matchers: ${label}${op} has no valid pattern`);
  }
  return { label, fits: (text) => pattern.test(text) === (op === '=~') };
}
