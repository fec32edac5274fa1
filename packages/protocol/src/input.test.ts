import * as v from 'valibot';
import { expect, test } from 'vitest';
import { parseInput } from './input.ts';

const schema = v.object({
  labels: v.optional(v.record(v.string(), v.string())),
  route: v.optional(v.object({ routes: v.optional(v.array(v.object({}))) })),
});

test.each([
  ['[]', 'must be an object, not a list'],
  ['{"labels": []}', 'labels: must be an object, not a list'],
  ['{"route": []}', 'route: must be an object, not a list'],
  ['{"route": {"routes": [[]]}}', 'route.routes.0: must be an object, not a list'],
  ['{"labels": {"constructor": "x"}}', 'labels.constructor: this name is reserved'],
  ['{"labels": {"prototype": "x"}}', 'labels.prototype: this name is reserved'],
  ['{"labels": {"__proto__": "x"}}', 'labels.__proto__: this name is reserved'],
])('%s is refused, not made something else of', (json, message) => {
  expect(() => parseInput(schema, JSON.parse(json))).toThrow(message);
});

test('what the schema takes comes back', () => {
  const input = { labels: { team: 'shop' }, route: { routes: [{}] } };
  expect(parseInput(schema, input)).toEqual(input);
});
