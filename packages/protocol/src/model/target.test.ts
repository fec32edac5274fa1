import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { limits } from '../limits.ts';
import {
  ancestorsOf,
  hostOf,
  labelsOfTags,
  sameTarget,
  targetKinds,
  targetLabels,
  targetOfHost,
  targetSchema,
  type Target,
  type TargetLookup,
} from './target.ts';

const ids = Array.from({ length: 12 }, (_, index) => `t${index}`);
/** Targets whose parents are anything: known, unknown, themselves, in circles. */
const forest: fc.Arbitrary<ReadonlyMap<string, Target>> = fc
  .array(
    fc.record({
      kind: fc.constantFrom(...targetKinds),
      parent: fc.option(fc.constantFrom(...ids, 'unknown'), { nil: undefined }),
    }),
    { minLength: ids.length, maxLength: ids.length },
  )
  .map(
    (made) =>
      new Map(
        made.map(({ kind, parent }, index) => {
          const id = ids[index] as string;
          return [id, { id, kind, name: id, parent, labels: { of: id } }];
        }),
      ),
  );
/** Within as many steps as ancestors are looked at. */
function isInCircle(id: string, targets: ReadonlyMap<string, Target>): boolean {
  let next = targets.get(id)?.parent;
  for (let step = 0; step < limits.targetDepth && next !== undefined; step++) {
    if (next === id) return true;
    next = targets.get(next)?.parent;
  }
  return next === id;
}

const lookupIn =
  (targets: ReadonlyMap<string, Target>): TargetLookup =>
  (id) =>
    targets.get(id);

describe('ancestors', () => {
  test('each is the parent of the one before, none comes twice, the depth is bounded', () => {
    fc.assert(
      fc.property(forest, fc.constantFrom(...ids), (targets, id) => {
        const target = targets.get(id) as Target;
        const found = ancestorsOf(target, lookupIn(targets));
        const line = [target, ...found];
        for (const [index, ancestor] of found.entries())
          expect(line[index]?.parent).toBe(ancestor.id);
        expect(new Set(line.map((one) => one.id)).size).toBe(line.length);
        expect(found.length).toBeLessThanOrEqual(limits.targetDepth);
        if (isInCircle(id, targets)) expect(found).toEqual([]);
        // It ends for a reason.
        const next = line.at(-1)?.parent;
        expect(
          isInCircle(id, targets) ||
            next === undefined ||
            !targets.has(next) ||
            line.some((one) => one.id === next) ||
            found.length === limits.targetDepth,
        ).toBe(true);
      }),
    );
  });

  test('what is part of a circle has nothing above it, what hangs below one has', () => {
    const of = (id: string, parent: string): [string, Target] => [
      id,
      { id, kind: 'app', name: id, parent, labels: {} },
    ];
    const circle = new Map([of('a', 'b'), of('b', 'c'), of('c', 'a'), of('d', 'a'), of('e', 'e')]);
    const above = (id: string): string[] =>
      ancestorsOf(circle.get(id) as Target, lookupIn(circle)).map((one) => one.id);
    expect(['a', 'b', 'c', 'd', 'e'].map(above)).toEqual([[], [], [], ['a', 'b', 'c'], []]);
  });

  test('the depth is reached', () => {
    const chain = new Map(
      Array.from({ length: 20 }, (_, index): [string, Target] => [
        `c${index}`,
        { id: `c${index}`, kind: 'app', name: 'c', parent: `c${index + 1}`, labels: {} },
      ]),
    );
    expect(ancestorsOf(chain.get('c0') as Target, lookupIn(chain))).toHaveLength(
      limits.targetDepth,
    );
  });

  test('the host is the target itself, or the nearest one above it', () => {
    fc.assert(
      fc.property(forest, fc.constantFrom(...ids), (targets, id) => {
        const target = targets.get(id) as Target;
        const lookup = lookupIn(targets);
        const host = hostOf(target, lookup);
        const line = [target, ...ancestorsOf(target, lookup)];
        expect(host).toBe(line.find(({ kind }) => kind === 'host'));
        expect(targetLabels(target, lookup)).toEqual({
          of: id,
          target: id,
          targetId: id,
          kind: target.kind,
          ...(host ? { host: host.name, hostId: host.id } : {}),
        });
      }),
    );
  });
});

test('what every target has is never replaced by labels of its own', () => {
  const target: Target = {
    id: 'web100000000',
    kind: 'host',
    name: 'web-1',
    labels: { kind: 'pod', host: 'other', targetId: 'x', team: 'shop' },
  };
  expect(targetLabels(target, () => undefined)).toEqual({
    target: 'web-1',
    targetId: 'web100000000',
    kind: 'host',
    host: 'web-1',
    hostId: 'web100000000',
    team: 'shop',
  });
});

test('tags are labels: with a value, without one, the first of a name counts', () => {
  expect(
    labelsOfTags(['web', 'team=shop', 'zone = a = b', '=x', '서울', 'web=2', 'team=other']),
  ).toEqual({
    web: '',
    team: 'shop',
    zone: 'a = b',
    '=x': '',
    서울: '',
  });
});

test('a host as a target: what people say counts before its facts', () => {
  const facts = {
    hostname: 'web-1',
    os: 'linux',
    osName: 'Debian GNU/Linux 12',
    kernel: '6.1',
    arch: 'x64',
    cpuModel: '',
    cpuCount: 4,
    memoryBytes: 1,
    timeZone: 'Asia/Seoul',
    agentVersion: '0.1.0',
    demo: false,
  };
  const own = { ...facts, labels: { team: 'shop', rack: '7', web: 'agent' } };
  expect(targetOfHost({ hostId: 'web100000000', facts: own }, ['web', 'rack=8']).labels).toEqual({
    os: 'linux',
    arch: 'x64',
    team: 'shop',
    rack: '8',
    web: '',
  });
  const target = targetOfHost({ hostId: 'web100000000', facts }, ['web', 'arch=old']);
  expect(target).toEqual({
    id: 'web100000000',
    kind: 'host',
    name: 'web-1',
    labels: { os: 'linux', arch: 'old', web: '' },
  });
  expect(v.safeParse(targetSchema, target).success).toBe(true);
});

test('equal targets are the same, and any difference is seen', () => {
  const target: Target = {
    id: 'a',
    kind: 'pod',
    name: 'n',
    parent: 'p',
    labels: { a: '', b: 'c' },
  };
  expect(sameTarget(target, { ...target, labels: { b: 'c', a: '' } })).toBe(true);
  const others: readonly Target[] = [
    { ...target, id: 'b' },
    { ...target, kind: 'node' },
    { ...target, name: 'm' },
    { ...target, parent: undefined },
    { ...target, labels: { a: '' } },
    { ...target, labels: { a: '', b: 'd' } },
    { ...target, labels: { a: '', constructor: 'c' } },
  ];
  for (const other of others) {
    expect(sameTarget(target, other)).toBe(false);
    expect(sameTarget(other, target)).toBe(false);
  }
});

test('bounds are reached', () => {
  const good: Target = { id: 'a', kind: 'host', name: 'n', labels: {} };
  const valid = (change: Partial<Record<keyof Target, unknown>>): boolean =>
    v.safeParse(targetSchema, { ...good, ...change }).success;
  const labels = (count: number): Record<string, string> =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`l${index}`, '']));
  expect(valid({ labels: labels(limits.labelsPerTarget), parent: 'b' })).toBe(true);
  expect(valid({ labels: labels(limits.labelsPerTarget + 1) })).toBe(false);
  expect(valid({ labels: { '': 'x' } })).toBe(false);
  expect(valid({ labels: { a: 'b\nc' } })).toBe(false);
  expect(valid({ id: 'x'.repeat(limits.targetIdLength) })).toBe(true);
  expect(valid({ id: 'x'.repeat(limits.targetIdLength + 1) })).toBe(false);
  for (const id of ['', 'A', '.a', 'a/b', 'a b']) expect(valid({ id })).toBe(false);
  expect(valid({ parent: 'A' })).toBe(false);
  expect(valid({ kind: 'server' })).toBe(false);
  expect(valid({ name: '' })).toBe(false);
});
