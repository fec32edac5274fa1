import type { OpenManagerClient, SubscribeOptions } from '@openmanager/client';
import { topicOf, type TopicName } from '@openmanager/protocol';

/** The topics one hook holds: each at most once, so that they can be let go by name. */
export class TopicHolder {
  readonly #client: OpenManagerClient;
  /** By the one name of each topic. */
  readonly #releases = new Map<string, () => void>();

  constructor(client: OpenManagerClient) {
    this.#client = client;
  }

  hold(name: TopicName, options: SubscribeOptions): () => void {
    const release = this.#client.subscribeTopic(name, options);
    const topic = topicOf(name) ?? name;
    const former = this.#releases.get(topic);
    this.#releases.set(topic, release);
    // After the new hold, so that the topic is not left in between.
    former?.();
    return () => {
      if (this.#releases.get(topic) === release) this.#releases.delete(topic);
      release();
    };
  }

  release(name: TopicName): void {
    const topic = topicOf(name) ?? name;
    this.#releases.get(topic)?.();
    this.#releases.delete(topic);
  }

  releaseAll(): void {
    for (const release of this.#releases.values()) release();
    this.#releases.clear();
  }
}
