/** Topics a client can subscribe to. `fleet` and `host:<id>` carry frames; the others carry messages. */
export type FrameTopic = 'fleet' | `host:${string}`;
export type MessageTopic = 'alerts' | 'events' | 'system';
export type Topic = FrameTopic | MessageTopic;

const HOST_TOPIC = /^host:([a-z0-9]{1,32})$/;

export function isMessageTopic(topic: string): topic is MessageTopic {
  return topic === 'alerts' || topic === 'events' || topic === 'system';
}

export function isFrameTopic(topic: string): topic is FrameTopic {
  return topic === 'fleet' || HOST_TOPIC.test(topic);
}

export function isTopic(topic: string): topic is Topic {
  return isMessageTopic(topic) || isFrameTopic(topic);
}

/** The host a topic is about, or undefined for topics about all hosts. */
export function hostOfTopic(topic: string): string | undefined {
  return HOST_TOPIC.exec(topic)?.[1];
}

export function hostTopic(hostId: string): `host:${string}` {
  return `host:${hostId}`;
}
