import type { OpenManagerClient, SubscribeOptions } from '@openmanager/client';
import type { Topic } from '@openmanager/protocol';

/** The topics one hook holds: each at most once, so that they can be let go by name. */
export class TopicHolder {
  readonly #client: OpenManagerClient;
  readonly #releases = new Map<Topic, () => void>();

  constructor(client: OpenManagerClient) {
    this.#client = client;
  }

  hold(topic: Topic, options: SubscribeOptions): () => void {
    const former = this.#releases.get(topic);
    const release = this.#client.subscribeTopic(topic, options);
    this.#releases.set(topic, release);
    // After the new hold, so that the topic is not left in between.
    former?.();
    return () => {
      if (this.#releases.get(topic) === release) this.#releases.delete(topic);
      release();
    };
  }

  release(topic: Topic): void {
    this.#releases.get(topic)?.();
    this.#releases.delete(topic);
  }

  releaseAll(): void {
    for (const topic of this.#releases.keys()) this.release(topic);
  }
}
