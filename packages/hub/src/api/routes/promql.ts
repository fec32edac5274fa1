/**
 * Prometheus's HTTP API on the hub's history (https://prometheus.io/docs/prometheus/latest/querying/api/), for
 * Grafana, promtool and whatever else speaks it: its parameters, its answers, its errors.
 */
import { errors, ProtocolError } from '@openmanager/protocol';
import type { FastifyInstance, FastifyReply } from 'fastify';
import * as v from 'valibot';
import { PromqlFailure, type PromqlFailureType, type PromqlQuestion } from '../../ports/index.ts';
import type { ApiContext } from '../context.ts';
import * as examples from '../examples.ts';
import * as answers from '../promql-answers.ts';
import {
  catalogueParameters,
  instantParameters,
  messageOf,
  metadataParameters,
  rangeParameters,
} from '../promql-parameters.ts';
import { name } from '../query.ts';
import type { Call, Routes } from '../route.ts';

const STATUS: Readonly<Record<PromqlFailureType, number>> = {
  bad_data: 400,
  execution: 422,
  canceled: 503,
  timeout: 503,
  unavailable: 503,
  internal: 500,
};

const PREFIX = Buffer.from('{"status":"success","data":');
const SUFFIX = Buffer.from('}');

function success(data: Uint8Array | string, warnings: readonly string[] = []): Buffer {
  const told = warnings.length === 0 ? '' : `,"warnings":${JSON.stringify(warnings)}`;
  const body = typeof data === 'string' ? Buffer.from(data) : data;
  return Buffer.concat([PREFIX, body, Buffer.from(told), SUFFIX]);
}

export async function promqlRoutes(routes: Routes): Promise<void> {
  // A scope of its own: here errors and forms are as Prometheus has them.
  await routes.scope((scope, inner) => {
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string' },
      (_request, body, done) => done(null, formOf(String(body))),
    );
    answerPrometheusErrors(scope, inner.context);
    queries(inner);
    catalogue(inner);
  });
}

/** Repeated parameters become lists. */
function formOf(body: string): Record<string, string | string[]> {
  const form = new URLSearchParams(body);
  return Object.fromEntries(
    [...new Set(form.keys())].map((key) => {
      const values = form.getAll(key);
      return [key, values.length === 1 ? (values[0] as string) : values];
    }),
  );
}

function answerPrometheusErrors(scope: FastifyInstance, context: ApiContext): void {
  scope.setErrorHandler((error, request, reply) => {
    const known = context.knownError(error) ?? error;
    if (known instanceof PromqlFailure) {
      if (known.type === 'internal') request.log.error({ err: error }, 'query failed');
      return fail(reply, STATUS[known.type], known.type, known.message);
    }
    if (known instanceof ProtocolError) {
      const { http, action } = errors[known.code];
      const type = http >= 500 ? 'unavailable' : http === 400 ? 'bad_data' : known.code;
      return fail(reply, http, type, `${known.message} ${action}`);
    }
    const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
    if (status < 500) return fail(reply, status, 'bad_data', (error as Error).message);
    request.log.error({ err: error }, 'request failed');
    return fail(reply, 500, 'internal', `Something went wrong on the hub (request ${request.id}).`);
  });
}

function fail(reply: FastifyReply, status: number, errorType: string, error: string): FastifyReply {
  return reply
    .code(status)
    .type('application/json; charset=utf-8')
    .send({ status: 'error', errorType, error });
}

function invalid(issue: v.BaseIssue<unknown>): PromqlFailure {
  const parameter = (v.getDotPath(issue) ?? 'query').split('.')[0] ?? '';
  return new PromqlFailure('bad_data', `invalid parameter "${parameter}": ${messageOf(issue)}`);
}

const common = { tag: 'prometheus', action: 'history:read', invalid } as const;
/** Each question may also come as a form, which has no bound on its length as an address has. */
const ways = [
  { method: 'GET', suffix: '' },
  { method: 'POST', suffix: 'ByForm', form: true },
] as const;

interface Asking extends Pick<Call<unknown, unknown, unknown>, 'request' | 'reply'> {
  readonly timeoutMs?: number | undefined;
}

async function ask(
  context: ApiContext,
  question: PromqlQuestion,
  { request, reply, timeoutMs }: Asking,
): Promise<Buffer> {
  const gone = new AbortController();
  const closed = (): void => {
    if (!reply.raw.writableEnded) gone.abort();
  };
  request.raw.socket.once('close', closed);
  try {
    const warnings: string[] = [];
    const onWarning = (text: string): void => void warnings.push(text);
    const order = { signal: gone.signal, timeoutMs, onWarning };
    return success(await context.promql.ask(question, order), warnings);
  } catch (error) {
    throw error instanceof PromqlFailure && error.type === 'bad_data' && 'text' in question
      ? new PromqlFailure('bad_data', `invalid parameter "query": ${error.message}`)
      : error;
  } finally {
    request.raw.socket.off('close', closed);
  }
}

function queries(routes: Routes): void {
  const { context } = routes;
  for (const { suffix, ...way } of ways) {
    routes.define({
      ...common,
      ...way,
      id: `promqlQuery${suffix}`,
      url: '/query',
      summary: 'PromQL at one time',
      query: instantParameters,
      answer: answers.querySchema,
      examples: { answer: examples.promqlVector },
      handle({ query, request, reply }) {
        const { query: text, time, timeout } = query;
        const timeMs = time ?? Date.now();
        const asking: Asking = { request, reply, timeoutMs: timeout };
        return ask(context, { kind: 'instant', text, timeMs }, asking);
      },
    });

    routes.define({
      ...common,
      ...way,
      id: `promqlQueryRange${suffix}`,
      url: '/query_range',
      summary: 'PromQL over a span',
      query: rangeParameters,
      answer: answers.querySchema,
      examples: { answer: examples.promqlMatrix },
      handle({ query, request, reply }) {
        const { query: text, start, end, step, timeout } = query;
        const span = { startMs: start, endMs: end, stepMs: step };
        const asking: Asking = { request, reply, timeoutMs: timeout };
        return ask(context, { kind: 'range', text, ...span }, asking);
      },
    });
  }
}

function catalogue(routes: Routes): void {
  const { context } = routes;
  for (const { suffix, ...way } of ways) {
    routes.define({
      ...common,
      ...way,
      id: `promqlSeries${suffix}`,
      url: '/series',
      summary: 'Series that fit match[]',
      query: catalogueParameters,
      answer: answers.seriesSchema,
      examples: { answer: examples.promqlSeries },
      handle({ query, request, reply }) {
        const { 'match[]': selectors, limit } = query;
        if (selectors.length === 0)
          throw new PromqlFailure('bad_data', 'no match[] parameter provided');
        return ask(context, { kind: 'series', selectors, limit }, { request, reply });
      },
    });

    routes.define({
      ...common,
      ...way,
      id: `promqlLabels${suffix}`,
      url: '/labels',
      summary: 'Names of labels',
      query: catalogueParameters,
      answer: answers.namesSchema,
      examples: { answer: { status: 'success', data: ['__name__', 'host', 'instance', 'job'] } },
      handle: ({ query, request, reply }) =>
        ask(
          context,
          { kind: 'labels', selectors: query['match[]'], limit: query.limit },
          { request, reply },
        ),
    });
  }

  routes.define({
    ...common,
    id: 'promqlLabelValues',
    method: 'GET',
    url: '/label/:name/values',
    summary: 'Values of a label',
    params: v.object({ name: name('Name of a label', 'instance') }),
    query: catalogueParameters,
    answer: answers.namesSchema,
    examples: { answer: { status: 'success', data: ['db-1', 'web-1'] } },
    handle({ params, query, request, reply }) {
      if (!/^[a-zA-Z_]\w*$/.test(params.name))
        throw new PromqlFailure('bad_data', `invalid label name: "${params.name}"`);
      const { 'match[]': selectors, limit } = query;
      const question = { kind: 'values', label: params.name, selectors, limit } as const;
      return ask(context, question, { request, reply });
    },
  });

  routes.define({
    ...common,
    id: 'promqlMetadata',
    method: 'GET',
    url: '/metadata',
    summary: 'Type, help and unit of metrics',
    query: metadataParameters,
    answer: answers.metadataSchema,
    examples: { answer: examples.promqlMetadata },
    handle({ query: { metric, limit } }) {
      const all = [...context.promql.metadata()].filter(
        ([exposed]) => metric === undefined || exposed === metric,
      );
      const some = limit > 0 ? all.slice(0, limit) : all;
      const data = Object.fromEntries(some.map(([exposed, info]) => [exposed, [info]]));
      return { status: 'success', data } as const;
    },
  });

  routes.define({
    ...common,
    id: 'promqlBuildInfo',
    method: 'GET',
    url: '/status/buildinfo',
    summary: 'What speaks here',
    answer: answers.buildInfoSchema,
    examples: { answer: { status: 'success', data: buildInfo('0.1.0') } },
    handle: () => ({ status: 'success', data: buildInfo(context.version) }) as const,
  });
}

function buildInfo(revision: string): answers.BuildInfo {
  return {
    // Clients choose by it what they may ask; the subset is that of this version of Prometheus.
    version: '2.55.0',
    revision,
    branch: 'openmanager',
    buildUser: '',
    buildDate: '',
    goVersion: '',
  };
}
