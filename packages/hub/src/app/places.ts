import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { peerOf, Strangers, subjectKey, type Connections, type Subject } from '../ports/index.ts';

export interface PlaceLimits {
  /** Connections in all. */
  readonly total: number;
  /** Of these, connections of which nobody has shown who they are. */
  readonly strangers: number;
  readonly strangersPerAddress: number;
  /** Of these, connections of people and tokens; the others are kept for agents. */
  readonly readers: number;
  /** Connections of one session or token, or of one agent. */
  readonly perReader: number;
  readonly perAgent: number;
}

/** Descriptors that are not for connections: the database, receivers, files being sent. */
const OWN_DESCRIPTORS = 128;
const MOST_STRANGERS = 8192;
const MOST = 65_536;
const PER_AGENT = 8;

export function placesWithin(descriptors: number): PlaceLimits {
  const total = Math.min(MOST, Math.max(64, descriptors - OWN_DESCRIPTORS));
  const strangers = Math.min(MOST_STRANGERS, Math.floor(total / 4));
  const readers = Math.floor(total / 2);
  return {
    total,
    strangers,
    strangersPerAddress: Math.ceil(strangers / 2),
    readers,
    perReader: Math.ceil(readers / 2),
    perAgent: PER_AGENT,
  };
}

export interface PlaceStats {
  readonly strangers: number;
  readonly readers: number;
  readonly agents: number;
  /** Strangers that had to go, and connections for which there was no place at all. */
  readonly evicted: number;
  readonly refused: number;
}

type Kind = 'readers' | 'agents';

/**
 * Who holds the hub's connections. Each begins as a stranger's, of which there are few, and takes a place of its own
 * kind once it has shown who it is. Where none is left it stays among the strangers, and goes when others need the
 * place: so a flood without credentials costs nobody who has some, and one holder of a token costs only itself.
 */
export class Places implements Connections {
  readonly #limits: PlaceLimits;
  readonly #strangers: Strangers<Socket>;
  readonly #known = new Map<Duplex, { readonly kind: Kind; readonly who: string }>();
  readonly #held = { readers: 0, agents: 0 };
  readonly #perWho = new Map<string, number>();
  #refused = 0;

  constructor(limits: PlaceLimits) {
    this.#limits = limits;
    this.#strangers = new Strangers(
      { total: limits.strangers, perAddress: limits.strangersPerAddress },
      (socket) => socket.destroy(),
    );
  }

  /** A connection came. */
  open(socket: Socket): void {
    const isFull = this.#strangers.size + this.#known.size >= this.#limits.total;
    if (isFull && !this.#strangers.evictOldest()) {
      this.#refused++;
      socket.destroy();
      return;
    }
    this.#strangers.add(socket, peerOf(socket.remoteAddress));
    socket.once('close', () => this.#closed(socket));
  }

  /** A whole request came over it. */
  touch(socket: Duplex): void {
    this.#strangers.touch(socket as Socket);
  }

  known(socket: Duplex, subject: Subject): void {
    if (subject.kind === 'anonymous' || this.#known.has(socket)) return;
    const kind = subject.kind === 'agent' ? 'agents' : 'readers';
    const who = subjectKey(subject);
    const held = this.#perWho.get(who) ?? 0;
    const { perAgent, perReader, readers, total, strangers } = this.#limits;
    const room = kind === 'readers' ? readers : total - strangers;
    if (held >= (kind === 'agents' ? perAgent : perReader) || this.#held[kind] >= room) return;
    // It may have closed while its credentials were looked at.
    if (!this.#strangers.delete(socket as Socket)) return;
    this.#known.set(socket, { kind, who });
    this.#held[kind]++;
    this.#perWho.set(who, held + 1);
  }

  stats(): PlaceStats {
    const { size, evicted } = this.#strangers;
    return { strangers: size, ...this.#held, evicted, refused: this.#refused };
  }

  #closed(socket: Socket): void {
    this.#strangers.delete(socket);
    const known = this.#known.get(socket);
    if (!known) return;
    this.#known.delete(socket);
    this.#held[known.kind]--;
    const left = (this.#perWho.get(known.who) ?? 1) - 1;
    if (left === 0) this.#perWho.delete(known.who);
    else this.#perWho.set(known.who, left);
  }
}
