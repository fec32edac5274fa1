/**
 * A bounded pool of those who have not shown who they are yet. When it is full, or an address has its share, the one
 * that was quiet for longest goes: a flood pushes its own out, and who proves itself within moments always gets in.
 */
export interface StrangerLimits {
  readonly total: number;
  readonly perAddress: number;
}

export class Strangers<T> {
  readonly #limits: StrangerLimits;
  readonly #evict: (item: T) => void;
  /** Of every item its address; the longest quiet first. */
  readonly #all = new Map<T, string>();
  readonly #byAddress = new Map<string, Set<T>>();
  #evicted = 0;

  constructor(limits: StrangerLimits, evict: (item: T) => void) {
    this.#limits = limits;
    this.#evict = evict;
  }

  get size(): number {
    return this.#all.size;
  }

  /** How many had to go. */
  get evicted(): number {
    return this.#evicted;
  }

  ofAddress(address: string): number {
    return this.#byAddress.get(address)?.size ?? 0;
  }

  add(item: T, address: string): void {
    const own = this.#byAddress.get(address) ?? new Set<T>();
    if (own.size >= this.#limits.perAddress) this.#push(own.values());
    else if (this.#all.size >= this.#limits.total) this.evictOldest();
    this.#all.set(item, address);
    this.#byAddress.set(address, own.add(item));
  }

  /** It did something: others go before it. */
  touch(item: T): void {
    const address = this.#all.get(item);
    if (address === undefined) return;
    this.delete(item);
    this.#all.set(item, address);
    const own = this.#byAddress.get(address) ?? new Set<T>();
    this.#byAddress.set(address, own.add(item));
  }

  /** It left, or is no stranger any more. False when it was none. */
  delete(item: T): boolean {
    const address = this.#all.get(item);
    if (address === undefined) return false;
    this.#all.delete(item);
    const own = this.#byAddress.get(address);
    own?.delete(item);
    if (own?.size === 0) this.#byAddress.delete(address);
    return true;
  }

  /** Makes room; false when there is nobody. */
  evictOldest(): boolean {
    return this.#push(this.#all.keys());
  }

  #push(items: Iterator<T>): boolean {
    const oldest = items.next();
    if (oldest.done === true) return false;
    this.delete(oldest.value);
    this.#evicted++;
    this.#evict(oldest.value);
    return true;
  }
}

/** What counts as one peer: an IPv4 address, or the network of an IPv6 one, of which a single peer has 2^64. */
export function peerOf(remoteAddress: string | undefined): string {
  if (remoteAddress === undefined) return '';
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(remoteAddress)?.[1];
  if (mapped !== undefined || !remoteAddress.includes(':')) return mapped ?? remoteAddress;
  const [head = '', tail] = (remoteAddress.split('%', 1)[0] as string).split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - first.length - last.length);
  const groups = [...first, ...Array.from({ length: zeros }, () => '0'), ...last];
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
