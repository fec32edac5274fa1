/**
 * Flow control by acknowledgements, because kernel and network buffer megabytes behind a transport that looks idle. One
 * frame is tracked at a time, as TCP does for its round trips, so that the state is of constant size; bytes in flight
 * are never underestimated.
 */
export class Progress {
  #sentFrames = 0;
  #sentBytes = 0;
  #readFrames = 0;
  #readBytes = 0;
  /** The frame whose acknowledgement says how many bytes were read. */
  #markFrames = 0;
  #markBytes = 0;
  #awaitedSinceMs = 0;

  /** Bytes sent of which it is not known that they were read. */
  get bytes(): number {
    return this.#sentBytes - this.#readBytes;
  }

  sent(bytes: number, nowMs: number): void {
    const isFirst = this.#sentFrames === this.#readFrames;
    this.#sentFrames++;
    this.#sentBytes += bytes;
    if (isFirst) {
      this.#awaitedSinceMs = nowMs;
      this.#mark();
    }
  }

  /** The client has read this many frames in all. False when it cannot have: fewer than before, or more than sent. */
  read(frames: number, nowMs: number): boolean {
    if (frames < this.#readFrames || frames > this.#sentFrames) return false;
    if (frames === this.#readFrames) return true;
    this.#readFrames = frames;
    this.#awaitedSinceMs = nowMs;
    if (frames === this.#sentFrames) this.#readBytes = this.#sentBytes;
    else if (frames >= this.#markFrames) {
      this.#readBytes = this.#markBytes;
      this.#mark();
    }
    return true;
  }

  /** The hub missed this much of the wait: the acknowledgement may still wait to be read. */
  missed(ms: number, nowMs: number): void {
    this.#awaitedSinceMs = Math.min(this.#awaitedSinceMs + ms, nowMs);
  }

  /** For how long the client has not acknowledged anything of what it was sent; 0 when nothing is open. */
  silentMs(nowMs: number): number {
    return this.#sentFrames === this.#readFrames ? 0 : Math.max(0, nowMs - this.#awaitedSinceMs);
  }

  #mark(): void {
    this.#markFrames = this.#sentFrames;
    this.#markBytes = this.#sentBytes;
  }
}
