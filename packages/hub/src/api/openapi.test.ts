/** The OpenAPI document as those read it who make clients from it. */
import { Validator } from '@seriousme/openapi-schema-validator';
import { errors, PROBLEM_JSON } from '@openmanager/protocol';
import Fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HubHarness } from '../../test/kit/hub-harness.ts';
import {
  Conformance,
  operationsOf,
  type Located,
  type OpenapiDocument,
} from '../../test/kit/openapi.ts';
import { refuseOtherRoutes } from './route.ts';

/** Who only reads the document should not wait for it. */
const LIMIT_BYTES = 140_000;

let harness: HubHarness;
let text: string;
let document: OpenapiDocument;
let operations: readonly Located[];
let conformance: Conformance;

beforeAll(async () => {
  harness = await HubHarness.open();
  const answer = await harness.client().send('/api/v1/openapi.json');
  text = answer.text;
  document = answer.body as OpenapiDocument;
  operations = operationsOf(document);
  conformance = new Conformance(document);
});
afterAll(() => harness.close());

test('is OpenAPI 3.1, and small', async () => {
  const result = await new Validator().validate(JSON.parse(text) as Record<string, unknown>);
  expect(result.valid, JSON.stringify(result.errors)?.slice(0, 2_000)).toBe(true);
  expect(document.openapi).toBe('3.1.0');
  expect(text.length).toBeLessThan(LIMIT_BYTES);
});

test('schemas have names, and everything that is referred to is there', () => {
  const names = Object.keys(document.components.schemas);
  for (const name of ['Alert', 'Rule', 'AboveRule', 'Silence', 'Receiver', 'Route', 'Routing'])
    expect(names).toContain(name);
  for (const name of ['BacktestInput', 'BacktestAnswer', 'NotificationEntry', 'Host', 'Problem'])
    expect(names).toContain(name);
  const references = new Set(text.match(/"#\/components\/[^"]+"/g));
  for (const reference of references) {
    const [, , kind = '', name = ''] = (JSON.parse(reference) as string).split('/');
    expect(document.components, reference).toHaveProperty([kind, name]);
  }
  // A schema that nobody refers to is a leftover.
  for (const name of names) expect(references).toContain(`"#/components/schemas/${name}"`);
});

describe('each operation', () => {
  test('has a name of its own, a summary and a group', () => {
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { operationId, summary, tags } of operations) {
      expect(operationId).toMatch(/^[a-z][a-zA-Z]+$/);
      expect(summary, operationId).not.toBe('');
      expect(tags, operationId).toHaveLength(1);
    }
  });

  test('describes its parameters: those of the path are all there, each with a type and an example', () => {
    for (const { operationId, path, parameters = [] } of operations) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(
        parameters.filter((one) => one.in === 'path').map(({ name }) => name),
        operationId,
      ).toEqual(inPath);
      for (const { name, schema, example } of parameters) {
        expect(schema, `${operationId} ${name}`).toHaveProperty('type');
        expect(conformance.issues(schema, example), `${operationId} ${name}`).toEqual([]);
      }
    }
  });

  test('describes its body and its answer, with examples that are what the schema says', () => {
    for (const { operationId, requestBody, responses } of operations) {
      const media = [requestBody?.content, ...Object.values(responses).map((one) => one.content)]
        .map((content) => content?.['application/json'])
        .filter((one) => one !== undefined);
      if (operationId === 'getOpenapi') continue;
      for (const { schema, example } of media) {
        expect(example, operationId).toBeDefined();
        expect(conformance.issues(schema, example), operationId).toEqual([]);
      }
    }
    for (const { content } of Object.values(document.components.responses))
      for (const { schema, example } of Object.values(content ?? {}))
        expect(conformance.issues(schema, example)).toEqual([]);
  });

  test('says who may ask', () => {
    const kinds = (one: Located): string =>
      (one.security ?? [{ session: [] }, { token: [] }]).map((way) => Object.keys(way)).join();
    const by = (ways: string): string[] =>
      operations.filter((one) => kinds(one) === ways).map(({ operationId }) => operationId);
    expect(by('').toSorted()).toEqual(
      [
        'enrolAgent',
        'getHealth',
        'getHealthy',
        'getOpenapi',
        'getReady',
        'logIn',
        'setUp',
      ].toSorted(),
    );
    expect(by('session,token')).toEqual(expect.arrayContaining(['listHosts', 'getHistory']));
    expect(by('session')).toEqual(expect.arrayContaining(['putRule', 'logOut', 'getRouting']));
    expect(by('session,token,basic')).toEqual(
      operations.filter(({ tags }) => tags[0] === 'prometheus').map((one) => one.operationId),
    );
  });

  test('answers errors as problems, all of which are described once', () => {
    for (const { operationId, responses, tags } of operations)
      for (const [status, { $ref }] of Object.entries(responses)) {
        if (status.startsWith('2')) continue;
        // What a probe is answered is no error: it says that the hub is down.
        if (/^get(Health|Healthy|Ready)$/.test(operationId) && status === '503') continue;
        expect($ref, `${operationId} ${status}`).toMatch(/^#\/components\/responses\/\w+$/);
        expect($ref?.endsWith('PrometheusError')).toBe(tags[0] === 'prometheus');
      }
    for (const [name, { content, description = '' }] of Object.entries(
      document.components.responses,
    )) {
      if (name === 'PrometheusError') continue;
      expect(Object.keys(content ?? {}), name).toEqual([PROBLEM_JSON]);
      for (const [, code = ''] of description.matchAll(/`([a-z-]+)`/g))
        expect(Object.keys(errors)).toContain(code);
    }
  });
});

test('a route that is made beside the document is refused', async () => {
  const app = Fastify();
  refuseOtherRoutes(app);
  expect(() => app.get('/secret', () => 'open')).toThrow('GET /secret was not defined');
  await app.close();
});
