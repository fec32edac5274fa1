import { isTargetId } from './model/target.ts';

/** Topics a client can subscribe to. `fleet` and `target:<id>` carry frames; the others carry messages. */
export type FrameTopic = 'fleet' | `target:${string}`;
export type MessageTopic = 'alerts' | 'events' | 'system';
export type Topic = FrameTopic | MessageTopic;
/** What may be written for a topic: `host:<id>` is `target:<id>`. */
export type TopicName = Topic | `host:${string}`;

const ALIAS = 'host:';
const PREFIX = 'target:';

/** The one name of a topic; undefined for what is no topic. */
export function topicOf(name: unknown): Topic | undefined {
  if (typeof name !== 'string') return undefined;
  const topic = name.startsWith(ALIAS) ? `${PREFIX}${name.slice(ALIAS.length)}` : name;
  return isTopic(topic) ? topic : undefined;
}

export function isMessageTopic(topic: string): topic is MessageTopic {
  return topic === 'alerts' || topic === 'events' || topic === 'system';
}

export function isFrameTopic(topic: string): topic is FrameTopic {
  return topic === 'fleet' || targetOfTopic(topic) !== undefined;
}

/** Whether it is a topic under its one name. */
export function isTopic(topic: string): topic is Topic {
  return isMessageTopic(topic) || isFrameTopic(topic);
}

/** Id of the target a topic is about, or undefined for topics about all of them. */
export function targetOfTopic(topic: string): string | undefined {
  if (!topic.startsWith(PREFIX)) return undefined;
  const id = topic.slice(PREFIX.length);
  return isTargetId(id) ? id : undefined;
}

export function targetTopic(id: string): `target:${string}` {
  return `${PREFIX}${id}`;
}
