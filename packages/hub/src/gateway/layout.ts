/** The hosts of a channel in the order of its last keyframe, as they were sent last. */
import { codingOf, type FrameHost, type HostDelta, type PlacedHost } from '@openmanager/protocol';

/** Codings by key array: arrays are shared by all hosts of a set. */
const codingsByKeys = new WeakMap<readonly string[], Uint8Array>();

function codingsOf(keys: readonly string[]): Uint8Array {
  let codings = codingsByKeys.get(keys);
  if (codings === undefined) {
    codings = Uint8Array.from(keys, (key) => codingOf(key));
    codingsByKeys.set(keys, codings);
  }
  return codings;
}

export type Change = HostDelta & {
  readonly before: FrameHost & { readonly codings: Uint8Array };
};

export class Layout {
  readonly #hosts: FrameHost[];
  readonly #places: ReadonlyMap<string, number>;

  constructor(hosts: readonly FrameHost[]) {
    this.#hosts = [...hosts];
    this.#places = new Map(hosts.map(({ hostId }, index) => [hostId, index]));
  }

  get size(): number {
    return this.#hosts.length;
  }

  has(hostId: string): boolean {
    return this.#places.has(hostId);
  }

  get(hostId: string): FrameHost | undefined {
    const place = this.#places.get(hostId);
    return place === undefined ? undefined : this.#hosts[place];
  }

  placeOf(hostId: string): number | undefined {
    return this.#places.get(hostId);
  }

  hostIds(): readonly string[] {
    return [...this.#places.keys()];
  }

  /** Places of those of the hosts that are here. */
  placesOf(hosts: ReadonlySet<string>): readonly number[] {
    const places: number[] = [];
    for (const hostId of hosts) {
      const place = this.#places.get(hostId);
      if (place !== undefined) places.push(place);
    }
    return places;
  }

  keyCounts(): readonly number[] {
    return this.#hosts.map(({ keys }) => keys.length);
  }

  /** The hosts as they are now, all or those named; later changes do not reach the copy. */
  placed(hosts?: ReadonlySet<string>): readonly PlacedHost[] {
    const placed = this.#hosts.map((host, index) => ({ ...host, index }));
    return hosts === undefined ? placed : placed.filter(({ hostId }) => hosts.has(hostId));
  }

  /** Takes the host's new state over; returns what differs. Its keys are the same as before. */
  change(now: FrameHost): Change | undefined {
    const index = this.#places.get(now.hostId);
    const before = index === undefined ? undefined : this.#hosts[index];
    if (index === undefined || before === undefined) return undefined;
    this.#hosts[index] = now;
    const changed: number[] = [];
    const codes: number[] = [];
    for (let key = 0; key < now.codes.length; key++) {
      const code = now.codes[key] as number;
      if (code === before.codes[key]) continue;
      changed.push(key);
      codes.push(code);
    }
    const { timeMs, status, priority } = now;
    const codings = codingsOf(before.keys);
    return { index, timeMs, status, priority, changed, codes, before: { ...before, codings } };
  }
}
