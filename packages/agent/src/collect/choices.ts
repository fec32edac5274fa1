/**
 * What the owner of a host wants collected, as entries `source` or `source=device`: sources by name, devices by a pattern
 * with `*`. Sources that are included without a device are the only ones that run, with those whose devices are included.
 */
import { parseSeriesKey } from '@openmanager/protocol';
import { AgentError } from '../agent-error.ts';
import { type Choice, type Chosen, chooser } from './choice.ts';
import type { Reader } from './readings.ts';

export interface ChoiceEntries {
  /** Such as `filesystem=tmpfs`, told although it is left out by default, or `cpu`. */
  readonly include?: readonly string[];
  /** Such as `network=veth*`, or `temperature`. Wins over `include`. */
  readonly exclude?: readonly string[];
}

interface Entry {
  readonly source: string;
  readonly device: string | undefined;
}

export class Choices {
  readonly #include: readonly Entry[];
  readonly #exclude: readonly Entry[];

  /** Throws for a source that is not among `names`, and for a device of one that has none. */
  constructor(
    { include = [], exclude = [] }: ChoiceEntries,
    names: readonly string[],
    withoutDevices: readonly string[] = [],
  ) {
    const read = (text: string): Entry => entry(text, names, withoutDevices);
    this.#include = include.map(read);
    this.#exclude = exclude.map(read);
  }

  runs(source: string): boolean {
    const named = (entries: readonly Entry[]): readonly Entry[] =>
      entries.filter((one) => one.source === source);
    if (named(this.#exclude).some(({ device }) => device === undefined)) return false;
    const only = this.#include.some(({ device }) => device === undefined);
    return !only || named(this.#include).length > 0;
  }

  /** Undefined where nothing is said about devices of the source. */
  of(source: string): Choice | undefined {
    const devices = (entries: readonly Entry[]): string[] =>
      entries.flatMap((one) => (one.source === source && one.device ? [one.device] : []));
    const [include, exclude] = [devices(this.#include), devices(this.#exclude)];
    return include.length + exclude.length === 0 ? undefined : { include, exclude };
  }

  chosen(source: string): Chosen | undefined {
    const choice = this.of(source);
    return choice && chooser(choice);
  }
}

function entry(text: string, names: readonly string[], withoutDevices: readonly string[]): Entry {
  const at = text.indexOf('=');
  const source = (at < 0 ? text : text.slice(0, at)).trim();
  if (!names.includes(source))
    throw new AgentError(
      'invalid-option',
      `There is no source "${source}" to include or exclude.`,
      `Sources are ${names.join(', ')}.`,
    );
  if (at < 0) return { source, device: undefined };
  const device = text.slice(at + 1).trim();
  if (device === '')
    throw new AgentError(
      'invalid-option',
      `"${text}" names no device.`,
      `Write "${source}" for the whole source, or a name after the sign.`,
    );
  if (withoutDevices.includes(source))
    throw new AgentError(
      'invalid-option',
      `The source "${source}" has no devices to choose.`,
      `Write "${source}" for the whole source.`,
    );
  return { source, device };
}

/** Bound of remembered keys: devices that come and go have new ones. */
const REMEMBERED = 10_000;

/** A reader without those of its series that have an excluded device among their attributes. */
export function leaveOut(reader: Reader, chosen: Chosen | undefined): Reader {
  if (!chosen) return reader;
  const told = new Map<string, boolean>();
  const isTold = (key: string): boolean => {
    let known = told.get(key);
    if (known === undefined) {
      if (told.size >= REMEMBERED) told.clear();
      known = chosen(...Object.values(parseSeriesKey(key).attributes)) !== false;
      told.set(key, known);
    }
    return known;
  };
  return {
    everyMs: reader.everyMs,
    read: (add, nowMs) => reader.read((key, value) => isTold(key) && add(key, value), nowMs),
    get notListed() {
      return reader.notListed ?? 0;
    },
    close: () => reader.close?.(),
  };
}
