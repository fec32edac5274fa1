/** History as files: export, import, and a copy of the whole database. */
import { importAnswerSchema, limits } from '@openmanager/protocol';
import type { Readable } from 'node:stream';
import * as v from 'valibot';
import { subjectKey, type ExportRequest } from '../../ports/index.ts';
import { host, seriesKey } from '../examples.ts';
import { fromMs, hostId, names, toMs, type Parser } from '../query.ts';
import type { Routes } from '../route.ts';

interface ExportQuery {
  readonly format: ExportRequest['format'];
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  readonly host: readonly string[];
  readonly metric: readonly string[];
}

const exportQuery: Parser<ExportQuery> = v.object({
  format: v.optional(
    v.picklist(['csv', 'openmetrics', 'parquet'], 'must be csv, openmetrics or parquet'),
    'csv',
  ),
  fromMs: v.optional(fromMs),
  toMs: v.optional(toMs),
  host: v.optional(names(limits.selection, 'Ids of hosts; all when left out', [host.hostId]), []),
  metric: v.optional(names(limits.selection, 'Metric names; all when left out', [seriesKey]), []),
});

const FILES = {
  csv: { type: 'text/csv; charset=utf-8; header=present', name: 'history.csv' },
  openmetrics: {
    type: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
    name: 'history.txt',
  },
  parquet: { type: 'application/vnd.apache.parquet', name: 'history.parquet' },
} as const;

const TEXTS = ['application/openmetrics-text', 'text/plain'];
const importQuery: Parser<{ host?: string | undefined }> = v.object({ host: v.optional(hostId) });

export async function transferRoutes(routes: Routes): Promise<void> {
  const { context } = routes;
  routes.define<Readable, undefined, ExportQuery>({
    id: 'exportHistory',
    method: 'GET',
    url: '/export',
    summary: 'History as CSV, OpenMetrics text or Parquet',
    tag: 'history',
    action: 'history:read',
    query: exportQuery,
    files: [FILES.csv.type, FILES.openmetrics.type, FILES.parquet.type],
    errors: ['too-many-requests'],
    handle({ query, reply, subject }) {
      const { format, host, metric } = query;
      const content = context.transfer.export({
        of: subjectKey(subject),
        format,
        fromMs: query.fromMs ?? 0,
        toMs: query.toMs ?? Number.MAX_SAFE_INTEGER,
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

  routes.define<Readable>({
    id: 'backUp',
    method: 'GET',
    url: '/backup',
    summary: 'A copy of the database, made while the hub runs',
    tag: 'history',
    action: 'store:backup',
    files: ['application/vnd.sqlite3'],
    errors: ['too-many-requests'],
    async handle({ reply }) {
      const { content, bytes } = await context.transfer.backup();
      reply.raw.once('close', () => content.destroy());
      reply.header('content-length', bytes);
      reply.header('content-disposition', 'attachment; filename="openmanager.db"');
      return content;
    },
  });

  // A scope of its own: here a body is a stream, without the common bound.
  await routes.scope((scope, inner) => {
    scope.addContentTypeParser(TEXTS, (_request, payload, done) => done(null, payload));
    inner.define({
      id: 'importHistory',
      method: 'POST',
      url: '/import',
      summary:
        'OpenMetrics text into history, all of it or, after an error, nothing; `host` is that of lines which name none',
      tag: 'history',
      action: 'history:import',
      query: importQuery,
      upload: TEXTS,
      answer: importAnswerSchema,
      errors: ['too-many-requests'],
      examples: { answer: { samples: 1_440, series: 4, hosts: 1, duplicates: 0 } },
      handle({ request, reply, query }) {
        const client = new AbortController();
        reply.raw.once('close', () => client.abort());
        const text = (request.body ?? []) as AsyncIterable<Uint8Array>;
        return context.transfer.import(text, query.host, client.signal);
      },
    });
  });
}
