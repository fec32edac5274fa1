/**
 * One channel's part of a frame (protocol frame/part.ts), encoded once for all clients; compressed and filtered forms
 * are made when the first client needs them.
 */
import { deflateRawSync } from 'node:zlib';
import { encodePart, type PartHeader } from '@openmanager/protocol';
import { framePacket, type Packet } from './packet.ts';

/** Below this a DEFLATE stream and the work of unpacking it cost more than they gain. */
const COMPRESS_ABOVE_BYTES = 1024;

export interface PartOptions {
  readonly header: PartHeader;
  readonly body: Uint8Array;
  /** Whether it belongs to the channel's sequence; false for state sent to one subscriber. */
  readonly inSequence: boolean;
  /** Compress the body: keyframes and snapshots gain by their texts, deltas do not. */
  readonly compress: boolean;
  /** Bytes it keeps alive besides the body. @default 0 */
  readonly extraBytes?: number;
  /** Body for who is shown these hosts only, undefined when nothing is about them. @default the same for all */
  readonly pick?: (hosts: ReadonlySet<string>) => Uint8Array | undefined;
}

interface Form {
  readonly bytes: Uint8Array;
  packet?: Packet;
}

export class Part {
  readonly offset: number;
  /** Bytes it keeps alive. */
  readonly size: number;
  readonly #options: PartOptions;
  #plain: Form | undefined;
  #deflated: Form | undefined;

  constructor(options: PartOptions) {
    this.#options = options;
    this.offset = options.header.offset;
    this.size = options.body.length + (options.extraBytes ?? 0);
  }

  /** The part's bytes, the same for every client that can (or cannot) inflate. */
  bytes(canInflate: boolean): Uint8Array {
    return this.#form(canInflate).bytes;
  }

  /** A frame of this part alone. */
  packet(canInflate: boolean): Packet {
    const form = this.#form(canInflate);
    return (form.packet ??= framePacket([form.bytes]));
  }

  /** The part filtered to these hosts, following on `fromOffset`; undefined when it has nothing about them. */
  picked(
    hosts: ReadonlySet<string>,
    fromOffset: number,
    canInflate: boolean,
  ): Uint8Array | undefined {
    const { header, body, pick, inSequence } = this.#options;
    const own = pick === undefined ? body : pick(hosts);
    if (own === undefined) return undefined;
    // Skipped offsets in between had nothing about these hosts.
    const span = inSequence ? header.offset - fromOffset : header.span;
    return this.#encode({ ...header, span }, own, canInflate);
  }

  #form(canInflate: boolean): Form {
    const { header, body } = this.#options;
    if (canInflate && this.#pays(body))
      return (this.#deflated ??= { bytes: this.#encode(header, body, true) });
    return (this.#plain ??= { bytes: this.#encode(header, body, false) });
  }

  #pays(body: Uint8Array): boolean {
    return this.#options.compress && body.length >= COMPRESS_ABOVE_BYTES;
  }

  #encode(header: PartHeader, body: Uint8Array, canInflate: boolean): Uint8Array {
    const stream = canInflate && this.#pays(body) ? deflateRawSync(body) : undefined;
    return encodePart(header, body, stream);
  }
}
