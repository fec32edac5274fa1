/** What is watched: hosts, and what runs on or between them. Series, alerts and anomalies belong to a target. */
import * as v from 'valibot';
import { limits } from '../limits.ts';
import type { HostInfo } from './host.ts';
import { type Labels, labelsSchema, labelText } from './labels.ts';

export const targetKinds = [
  'host',
  'container',
  'pod',
  'node',
  'workload',
  'service',
  'check',
  'app',
] as const;
export type TargetKind = (typeof targetKinds)[number];

/** Names a target where it is mentioned, such as in an alert. */
export interface TargetRef {
  /** Unique among targets of all kinds. A host's is its host id. */
  readonly id: string;
  readonly kind: TargetKind;
  /** As people call it: a host's name, a container's name. May change, and need not be unique. */
  readonly name: string;
}

export interface Target extends TargetRef {
  /** Id of the target that this one runs on or belongs to: without it this one cannot work. */
  readonly parent?: string | undefined;
  /** Facts about it, and what people say of it. */
  readonly labels: Labels;
}

/** The hub itself, as far as it is watched: alerts that it does not keep up are about it. */
export const hubTarget: Target = { id: 'hub', kind: 'service', name: 'hub', labels: {} };

/** Finds a target by its id. */
export type TargetLookup = (id: string) => Target | undefined;

const TARGET_ID = /^[a-z0-9][a-z0-9._:-]*$/;
/** Host `abcdefghijkl`, container `abcdefghijkl.docker.3f2a…`: lower case, as part of a topic and of an address. */
export function isTargetId(text: string): boolean {
  return text.length <= limits.targetIdLength && TARGET_ID.test(text);
}

const id: v.GenericSchema<string> = v.pipe(v.string(), v.check(isTargetId, 'must be a target id'));

export const targetSchema: v.GenericSchema<unknown, Target> = v.object({
  id,
  kind: v.picklist(targetKinds),
  name: v.pipe(labelText, v.minLength(1)),
  parent: v.optional(id),
  labels: labelsSchema,
});

/** On the wire: hubs say what they know, clients need not check it again. */
export const targetRefSchema: v.GenericSchema<unknown, TargetRef> = v.pipe(
  v.object({ id: v.string(), kind: v.picklist(targetKinds), name: v.string() }),
  v.title('TargetRef'),
);

export function targetRef({ id, kind, name }: TargetRef): TargetRef {
  return { id, kind, name };
}

/**
 * What the target runs on or belongs to, nearest first. Ends where a parent is not known, and after
 * `limits.targetDepth`. Parents come from outside and may form a circle: the walk ends where it meets it again, and
 * what is part of one has nothing above it, or two that are down would keep each other silent.
 */
export function ancestorsOf(target: Target, lookup: TargetLookup): readonly Target[] {
  const found: Target[] = [];
  const met = new Set([target.id]);
  let next = target.parent;
  while (next !== undefined && !met.has(next) && found.length < limits.targetDepth) {
    const parent = lookup(next);
    if (!parent) break;
    met.add(next);
    found.push(parent);
    next = parent.parent;
  }
  return next === target.id ? [] : found;
}

/** The host that the target is, or runs on. */
export function hostOf(target: Target, lookup: TargetLookup): Target | undefined {
  if (target.kind === 'host') return target;
  return ancestorsOf(target, lookup).find(({ kind }) => kind === 'host');
}

/** What every target has beside its own labels: `target`, `targetId`, `kind`; on a host also `host` and `hostId`. */
export function identityLabels(target: Target, lookup: TargetLookup): Labels {
  const host = hostOf(target, lookup);
  return {
    target: target.name,
    targetId: target.id,
    kind: target.kind,
    ...(host ? { host: host.name, hostId: host.id } : {}),
  };
}

/** What matchers see of a target. */
export function targetLabels(target: Target, lookup: TargetLookup): Labels {
  return { ...target.labels, ...identityLabels(target, lookup) };
}

export function sameTarget(a: Target, b: Target): boolean {
  if (a === b) return true;
  const names = Object.keys(a.labels);
  return (
    a.id === b.id &&
    a.kind === b.kind &&
    a.name === b.name &&
    a.parent === b.parent &&
    names.length === Object.keys(b.labels).length &&
    names.every((name) => Object.hasOwn(b.labels, name) && a.labels[name] === b.labels[name])
  );
}

/** Tag `team=shop` is label `team` with value `shop`, tag `web` is label `web` without a value. */
export function labelOfTag(tag: string): readonly [name: string, value: string] {
  const at = tag.indexOf('=');
  return at > 0 ? [tag.slice(0, at).trimEnd(), tag.slice(at + 1).trimStart()] : [tag, ''];
}

/** Of two tags that name one label the first counts. */
export function labelsOfTags(tags: readonly string[]): Labels {
  const labels = new Map<string, string>();
  for (const [name, value] of tags.map(labelOfTag)) if (!labels.has(name)) labels.set(name, value);
  return Object.fromEntries(labels);
}

/** A host as a target: `os` and `arch` and the labels of its agent from its facts, and what people say of it, which counts before those. */
export function targetOfHost(
  { hostId, facts }: Pick<HostInfo, 'hostId' | 'facts'>,
  tags: readonly string[],
): Target {
  const { hostname, os, arch, labels } = facts;
  return {
    id: hostId,
    kind: 'host',
    name: hostname,
    labels: { os, arch, ...labels, ...labelsOfTags(tags) },
  };
}

/** A host of which nothing is known but its id. */
export function unknownHost(hostId: string): Target {
  return { id: hostId, kind: 'host', name: hostId, labels: {} };
}
