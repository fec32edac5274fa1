/** The OpenAPI document, made of the routes and their schemas. */
import {
  errors,
  PROBLEM_JSON,
  problemOf,
  problemSchema,
  ProtocolError,
  type ErrorCode,
} from '@openmanager/protocol';
import type { JsonSchema } from '@valibot/to-json-schema';
import * as v from 'valibot';
import { SESSION_COOKIE, type Authorize, type Subject } from '../ports/index.ts';
import { NamedSchemas, type AnySchema } from './json-schema.ts';
import type { Operation, Routes } from './route.ts';
import { tags } from './tags.ts';

type Json = Readonly<Record<string, unknown>>;

/** The route of the document about all routes, itself among them. */
export function documentRoute(routes: Routes, operations: readonly Operation[]): void {
  const { authorize, version } = routes.context;
  let document: Json | undefined;
  routes.define<Json>({
    id: 'getOpenapi',
    method: 'GET',
    url: '/openapi.json',
    summary: 'This document',
    tag: 'hub',
    action: 'open',
    answer: v.pipe(v.record(v.string(), v.unknown()), v.description('OpenAPI 3.1')),
    handle: () => (document ??= openapiDocument(operations, authorize, version)),
  });
}

/** Names of the shared answers. Statuses that no route answers are left out. */
const failures: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthenticated',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Gone',
  413: 'TooLarge',
  429: 'TooMany',
  500: 'Internal',
  503: 'Unavailable',
};

const prometheusErrorSchema: AnySchema = v.pipe(
  v.object({ status: v.literal('error'), errorType: v.string(), error: v.string() }),
  v.title('PrometheusError'),
);

const description = `Everything the dashboard does. Sign in by POST /api/v1/auth/login, or send an API token as
\`Authorization: Bearer <token>\`. Times are epoch milliseconds, shares lie between 0 and 1, sizes are bytes. Errors
are RFC 9457 problems whose \`action\` says what to do. The \`prometheus\` routes answer as Prometheus does.`;

function openapiDocument(
  operations: readonly Operation[],
  authorize: Authorize,
  version: string,
): Json {
  const schemas = new NamedSchemas();
  // Answers before questions: see NamedSchemas.
  const answers = new Map(operations.map((operation) => [operation, answerOf(operation, schemas)]));
  const problem = schemas.of(problemSchema, 'output');
  const prometheusError = schemas.of(prometheusErrorSchema, 'output');
  const statuses = new Set<number>();
  const paths: Record<string, Record<string, Json>> = {};
  for (const operation of operations) {
    const failing = failuresOf(operation);
    for (const status of failing) statuses.add(status);
    const path = (paths[operation.path.replace(/:(\w+)/g, '{$1}')] ??= {});
    path[operation.method.toLowerCase()] = {
      operationId: operation.id,
      summary: operation.summary,
      ...who(operation, authorize),
      tags: [operation.tag],
      ...parametersOf(operation, schemas),
      ...bodyOf(operation, schemas),
      responses: {
        ...answers.get(operation),
        ...(operation.tag === 'prometheus'
          ? Object.fromEntries(
              ['4XX', '5XX'].map((range) => [range, refTo('responses', 'PrometheusError')]),
            )
          : Object.fromEntries(
              failing.map((status) => [status, refTo('responses', failures[status] ?? '')]),
            )),
      },
    };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'OpenManager hub', version, description, license: { name: 'MIT' } },
    servers: [{ url: '/', description: 'The hub this document is from' }],
    tags: Object.entries(tags).map(([name, text]) => ({ name, description: text })),
    security: [{ session: [] }, { token: [] }],
    paths,
    components: {
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: SESSION_COOKIE },
        token: { type: 'http', scheme: 'bearer', description: 'A read-only API token' },
        basic: {
          type: 'http',
          scheme: 'basic',
          description: 'The API token as the password; any name',
        },
      },
      responses: {
        ...Object.fromEntries(
          [...statuses]
            .toSorted((one, other) => one - other)
            .map((status) => [failures[status], failure(status, problem)]),
        ),
        PrometheusError: {
          description: "Errors in Prometheus's form",
          content: {
            'application/json': {
              schema: prometheusError,
              example: {
                status: 'error',
                errorType: 'bad_data',
                error: 'invalid parameter "query": is missing',
              },
            },
          },
        },
      },
      schemas: schemas.all(),
    },
  };
}

const refTo = (kind: string, name: string): Json => ({ $ref: `#/components/${kind}/${name}` });

function failure(status: number, schema: JsonSchema): Json {
  const codes = (Object.keys(errors) as ErrorCode[]).filter((code) => errors[code].http === status);
  const code = codes.includes('invalid-input') ? 'invalid-input' : (codes[0] as ErrorCode);
  const error =
    code === 'invalid-input'
      ? new ProtocolError(code, 'clear: must not be above the threshold', 'clear')
      : new ProtocolError(code);
  return {
    description: codes.map((each) => `\`${each}\``).join(', '),
    content: { [PROBLEM_JSON]: { schema, example: problemOf(error) } },
  };
}

function failuresOf(operation: Operation): readonly number[] {
  const { action, body, query, params, upload, perMinute, errors: codes = [] } = operation;
  if (operation.tag === 'prometheus') return [];
  const found = new Set([500, 503, ...codes.map((code) => errors[code].http)]);
  if (action !== 'open') for (const status of [401, 403]) found.add(status);
  if (body ?? query ?? params ?? upload) found.add(400);
  if (params) found.add(404);
  if (body) found.add(413);
  if (perMinute !== undefined) found.add(429);
  // Browsers of another origin are refused what changes something.
  if (operation.method !== 'GET') found.add(403);
  return [...found]
    .filter((status) => status !== operation.otherStatus)
    .toSorted((one, other) => one - other);
}

const token: Subject = { kind: 'token', tokenId: '' };
const viewer: Subject = { kind: 'user', userId: '', name: '', role: 'viewer', sessionId: '' };

/** Who may ask, as the one policy decides it. */
function who({ action, tag }: Operation, authorize: Authorize): Json {
  const text = (sentence: string): Json => ({ description: sentence });
  if (action === 'open') return { ...text('Without sign-in.'), security: [] };
  const isAllowed = (subject: Subject): boolean => {
    try {
      authorize(subject, action);
      return true;
    } catch {
      return false;
    }
  };
  if (!isAllowed(viewer)) return { ...text('For administrators.'), security: [{ session: [] }] };
  if (!isAllowed(token)) return { security: [{ session: [] }] };
  // The others are as for the whole document.
  return tag === 'prometheus' ? { security: [{ session: [] }, { token: [] }, { basic: [] }] } : {};
}

function parametersOf({ query, params, form }: Operation, schemas: NamedSchemas): Json {
  const parameters = [
    ...listed(params, 'path', schemas),
    ...(form === true ? [] : listed(query, 'query', schemas)),
  ];
  return parameters.length === 0 ? {} : { parameters };
}

function listed(
  schema: AnySchema | undefined,
  place: 'path' | 'query',
  schemas: NamedSchemas,
): Json[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = schemas.of(schema, 'input');
  return Object.entries(properties).map(([name, property]) => {
    const {
      description: text,
      examples,
      default: given,
      maximum,
      ...rest
    } = property as JsonSchema;
    const example = examples?.[0] ?? given ?? rest.enum?.[0];
    return {
      name,
      in: place,
      required: required.includes(name),
      ...(text === undefined ? {} : { description: text }),
      schema: {
        ...rest,
        ...(maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? {} : { maximum }),
        ...(given === undefined ? {} : { default: typed(given, rest) }),
      },
      ...(example === undefined ? {} : { example: typed(example, rest) }),
    };
  });
}

/** Defaults of parameters are text, as they would stand in the address. */
function typed(value: unknown, { type }: JsonSchema): unknown {
  return type === 'integer' ? Number(value) : value;
}

function bodyOf({ body, query, form, upload, examples }: Operation, schemas: NamedSchemas): Json {
  if (upload)
    return {
      requestBody: {
        required: true,
        content: Object.fromEntries(upload.map((type) => [type, { schema: { type: 'string' } }])),
      },
    };
  if (form === true && query)
    return {
      requestBody: {
        required: true,
        content: {
          'application/x-www-form-urlencoded': { schema: schemas.of(query, 'input') },
        },
      },
    };
  if (!body) return {};
  return {
    requestBody: {
      required: body.type !== 'optional',
      content: {
        'application/json': {
          schema: schemas.of(body, 'input'),
          ...(examples?.body === undefined ? {} : { example: examples.body }),
        },
      },
    },
  };
}

function answerOf(operation: Operation, schemas: NamedSchemas): Json {
  const { answer, files, status = 200, otherStatus, examples } = operation;
  if (files)
    return {
      200: {
        description: 'Done',
        content: Object.fromEntries(files.map((type) => [type, { schema: contentOf(type) }])),
      },
    };
  if (!answer) return { 204: { description: 'Done' } };
  const done = {
    description: 'Done',
    content: {
      'application/json': {
        schema: schemas.of(answer, 'output'),
        ...(examples?.answer === undefined ? {} : { example: examples.answer }),
      },
    },
  };
  if (otherStatus === undefined) return { [status]: done };
  const other = { ...done, description: 'The same, where it is not well' };
  return { [status]: done, [otherStatus]: other };
}

function contentOf(type: string): Json {
  return /^text\/|-text\b/.test(type) ? { type: 'string' } : { type: 'string', format: 'binary' };
}
