/** History as files: export, import, and a copy of the whole database. */
import { limits } from '@openmanager/protocol';
import type { FastifyInstance } from 'fastify';
import type { Readable } from 'node:stream';
import * as v from 'valibot';
import type { ExportRequest, ImportAnswer } from '../ports/index.ts';
import type { ApiContext } from './context.ts';
import { defineRoute } from './route.ts';

type Parser<T> = v.GenericSchema<unknown, T>;

const whole: Parser<number> = v.pipe(
  v.string(),
  v.regex(/^\d{1,16}$/, 'must be a whole number'),
  v.transform(Number),
);

const names: Parser<readonly string[]> = v.optional(
  v.pipe(
    v.union([v.array(v.string()), v.string()]),
    v.transform((given) => (typeof given === 'string' ? [given] : given)),
    v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(limits.nameLength))),
    v.maxLength(1000),
  ),
  [],
);

interface ExportQuery {
  readonly format: ExportRequest['format'];
  readonly fromMs: number;
  readonly toMs: number;
  readonly host: readonly string[];
  readonly metric: readonly string[];
}

const exportQuery: Parser<ExportQuery> = v.object({
  format: v.optional(
    v.picklist(['csv', 'openmetrics', 'parquet'], 'must be csv, openmetrics or parquet'),
    'csv',
  ),
  fromMs: v.optional(whole, '0'),
  toMs: v.optional(whole, String(Number.MAX_SAFE_INTEGER)),
  host: names,
  metric: names,
});

const FILES = {
  csv: { type: 'text/csv; charset=utf-8; header=present', name: 'history.csv' },
  openmetrics: {
    type: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
    name: 'history.txt',
  },
  parquet: { type: 'application/vnd.apache.parquet', name: 'history.parquet' },
} as const;

interface ImportQuery {
  readonly host?: string | undefined;
}
const importQuery: Parser<ImportQuery> = v.object({
  host: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(limits.nameLength))),
});

const importAnswer: Parser<ImportAnswer> = v.object({
  samples: v.number(),
  series: v.number(),
  hosts: v.number(),
  skipped: v.number(),
});

export async function transferRoutes(app: FastifyInstance, context: ApiContext): Promise<void> {
  defineRoute<Readable, undefined, ExportQuery>(app, context, {
    method: 'GET',
    url: '/export',
    summary: 'History as CSV, OpenMetrics text or Parquet; `host` and `metric` may be repeated',
    tag: 'history',
    action: 'history:read',
    query: exportQuery,
    text: FILES.csv.type,
    handle({ query, reply }) {
      const { format, fromMs, toMs, host, metric } = query;
      const content = context.transfer.export({
        format,
        fromMs,
        toMs,
        hosts: host,
        metrics: metric,
      });
      const { type, name } = FILES[format];
      // Also when the client goes away before the first piece.
      reply.raw.once('close', () => content.destroy());
      reply.header('content-type', type);
      reply.header('content-disposition', `attachment; filename="${name}"`);
      return content;
    },
  });

  defineRoute<Readable>(app, context, {
    method: 'GET',
    url: '/backup',
    summary: 'A copy of the database, made while the hub runs',
    tag: 'hub',
    action: 'store:backup',
    text: 'application/vnd.sqlite3',
    async handle({ reply }) {
      const { content, bytes } = await context.transfer.backup();
      reply.raw.once('close', () => content.destroy());
      reply.header('content-length', bytes);
      reply.header('content-disposition', 'attachment; filename="openmanager.db"');
      return content;
    },
  });

  // A scope of its own: here a body is a stream, without the common bound.
  await app.register(async (scope) => {
    scope.addContentTypeParser(
      ['text/plain', 'application/openmetrics-text'],
      (_request, payload, done) => done(null, payload),
    );
    defineRoute<ImportAnswer, undefined, ImportQuery>(scope, context, {
      method: 'POST',
      url: '/import',
      summary: 'OpenMetrics text into history; `host` is that of lines which name none',
      tag: 'history',
      action: 'history:import',
      query: importQuery,
      answer: importAnswer,
      handle: ({ request, query }) =>
        context.transfer.import((request.body ?? []) as AsyncIterable<Uint8Array>, query.host),
    });
  });
}
