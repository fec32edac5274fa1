/** Past states of hosts as the frames of a channel: a keyframe, then deltas to it. */
import { encodeDelta, encodeKeyframe, type FrameHost, type HostInfo } from '@openmanager/protocol';
import type { FrameWriter, FirstFrame } from '../ports/index.ts';
import { Layout } from './layout.ts';
import { Part, type PartOptions } from './part.ts';

export function openPastFrames(first: FirstFrame): FrameWriter {
  return new PastFrames(first);
}

class PastFrames implements FrameWriter {
  readonly #layout: Layout;
  readonly #channel: number;
  readonly #frames: Uint8Array[] = [];
  #offset: number;

  constructor({ channel, offset, hubTimeMs, hosts, infos }: FirstFrame) {
    this.#layout = new Layout(hosts);
    this.#channel = channel;
    this.#offset = offset;
    const { size } = this.#layout;
    const body = encodeKeyframe({
      hubTimeMs,
      size,
      hosts: this.#layout.placed(),
      facts: infos.map((info: HostInfo, index) => ({ index, json: JSON.stringify(info) })),
      details: undefined,
    });
    this.#add('keyframe', hubTimeMs, body);
  }

  host(hostId: string): FrameHost | undefined {
    return this.#layout.get(hostId);
  }

  delta(hubTimeMs: number, hosts: readonly FrameHost[]): void {
    const changes = hosts.flatMap((host) => this.#layout.change(host) ?? []);
    if (changes.length === 0) return;
    const { size } = this.#layout;
    const delta = { hubTimeMs, size, hosts: changes, facts: [], details: undefined };
    const body = encodeDelta(delta).body();
    if (body !== undefined) this.#add('delta', hubTimeMs, body);
  }

  frames(): readonly Uint8Array[] {
    return this.#frames;
  }

  #add(kind: 'keyframe' | 'delta', hubTimeMs: number, body: Uint8Array): void {
    const header: PartOptions['header'] = {
      kind,
      channel: this.#channel,
      offset: ++this.#offset,
      span: 1,
      hubTimeMs,
    };
    const compress = kind === 'keyframe';
    const part = new Part({ header, body, inSequence: true, compress });
    this.#frames.push(part.bytes(true));
  }
}
