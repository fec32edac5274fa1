/** What Prometheus's API tells of the server itself, for programs that ask before they show anything. */
import { ProtocolError } from '@openmanager/protocol';
import { PromqlFailure } from '../../ports/index.ts';
import type { ApiContext } from '../context.ts';
import * as answers from '../promql-answers.ts';
import {
  countParameters,
  exemplarParameters,
  statusParameters,
  targetParameters,
  textParameters,
} from '../promql-parameters.ts';
import type { Routes } from '../route.ts';
import { ask, common, ways } from './promql-ask.ts';

const JOB = 'openmanager';

export function serverRoutes(routes: Routes): void {
  aboutQueries(routes);
  aboutServer(routes);
}

function aboutQueries(routes: Routes): void {
  const { context } = routes;
  for (const { suffix, ...way } of ways) {
    routes.define({
      ...common,
      ...way,
      id: `promqlFormatQuery${suffix}`,
      url: '/format_query',
      summary: 'PromQL in its usual form',
      query: textParameters,
      answer: answers.textSchema,
      examples: { answer: { status: 'success', data: 'sum by (instance) (up)' } },
      handle: ({ query: { query: text }, ...call }) => ask(context, { kind: 'format', text }, call),
    });

    routes.define({
      ...common,
      ...way,
      id: `promqlParseQuery${suffix}`,
      url: '/parse_query',
      summary: 'PromQL as a tree',
      query: textParameters,
      answer: answers.objectSchema,
      examples: { answer: { status: 'success', data: { type: 'numberLiteral', val: '1' } } },
      handle: ({ query: { query: text }, ...call }) => ask(context, { kind: 'parse', text }, call),
    });

    routes.define({
      ...common,
      ...way,
      id: `promqlExemplars${suffix}`,
      url: '/query_exemplars',
      summary: 'Exemplars, of which there are none',
      query: exemplarParameters,
      answer: answers.listSchema,
      examples: { answer: { status: 'success', data: [] } },
      async handle({ query: { query: text, start, end }, ...call }) {
        if (start !== undefined && end !== undefined && end < start)
          throw new PromqlFailure('bad_data', 'end timestamp must not be before start timestamp');
        // A query that is wrong is told so.
        await ask(context, { kind: 'format', text }, call);
        return { status: 'success', data: [] } as const;
      },
    });
  }
}

function aboutServer(routes: Routes): void {
  const { context } = routes;
  routes.define({
    ...common,
    id: 'promqlTargets',
    method: 'GET',
    url: '/targets',
    summary: 'Hosts in the form of scrape targets',
    query: targetParameters,
    answer: answers.objectSchema,
    examples: { answer: { status: 'success', data: { activeTargets: [], droppedTargets: [] } } },
    handle({ query: { state } }) {
      const activeTargets = state === 'dropped' ? [] : targetsOf(context);
      return {
        status: 'success',
        data: { activeTargets, droppedTargets: [], droppedTargetCounts: {} },
      } as const;
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

  routes.define({
    ...common,
    id: 'promqlTsdb',
    method: 'GET',
    url: '/status/tsdb',
    summary: 'Counts of series by name and label',
    query: countParameters,
    answer: answers.objectSchema,
    examples: { answer: { status: 'success', data: { headStats: { numSeries: 400 } } } },
    handle: ({ query: { limit }, ...call }) => ask(context, { kind: 'counts', limit }, call),
  });

  routes.define({
    ...common,
    id: 'promqlStatus',
    method: 'GET',
    url: '/status/:name',
    summary: 'What Prometheus tells of itself, as far as a hub has it',
    params: statusParameters,
    answer: answers.objectSchema,
    examples: { answer: { status: 'success', data: { yaml: '' } } },
    handle: ({ params: { name: about } }) =>
      ({ status: 'success', data: statusOf(context, about) }) as const,
  });

  routes.define({
    ...common,
    id: 'promqlAlertmanagers',
    method: 'GET',
    url: '/alertmanagers',
    summary: 'Alertmanagers, which receivers take the place of',
    answer: answers.objectSchema,
    examples: { answer: { status: 'success', data: NO_ALERTMANAGERS } },
    handle: () => ({ status: 'success', data: NO_ALERTMANAGERS }) as const,
  });
}

const NO_ALERTMANAGERS = { activeAlertmanagers: [], droppedAlertmanagers: [] };

/** There is no file and no flag of Prometheus's, and the store is open before the hub listens. */
function statusOf(context: ApiContext, about: string): answers.Data {
  if (about === 'config') return { yaml: '' };
  if (about === 'flags') return {};
  if (about === 'walreplay') return { min: 0, max: 0, current: 0, state: 'done' };
  if (about !== 'runtimeinfo') throw new ProtocolError('not-found');
  return {
    startTime: new Date(Date.now() - context.uptimeSeconds() * 1000).toISOString(),
    serverTime: new Date().toISOString(),
    reloadConfigSuccess: true,
    corruptionCount: 0,
    storageRetention: '',
  };
}

/** Agents push: nothing is scraped, and health is whether samples come. */
function targetsOf(context: ApiContext): readonly answers.Data[] {
  return context.hosts.hosts().map(({ hostId, facts, status, lastSampleAtMs }) => ({
    discoveredLabels: {},
    labels: { host: hostId, instance: facts.hostname, job: JOB },
    scrapePool: JOB,
    scrapeUrl: '',
    globalUrl: '',
    lastError: status === 'online' ? '' : `the host is ${status}`,
    lastScrape: new Date(lastSampleAtMs ?? 0).toISOString(),
    lastScrapeDuration: 0,
    health: status === 'online' ? 'up' : lastSampleAtMs === null ? 'unknown' : 'down',
    scrapeInterval: '',
    scrapeTimeout: '',
  }));
}

function buildInfo(revision: string): answers.BuildInfo {
  return {
    // Clients choose by it what they may ask.
    version: '2.55.0',
    revision,
    branch: 'openmanager',
    buildUser: '',
    buildDate: '',
    goVersion: '',
  };
}
