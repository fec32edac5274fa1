import { silenceInputSchema, silencePreviewSchema, silenceSchema } from '@openmanager/alerting';
import * as v from 'valibot';
import { alert, silence, silenceInput } from '../examples.ts';
import { name } from '../query.ts';
import type { Routes } from '../route.ts';

const tag = 'alerts';
const silenceParams = v.object({ silenceId: name('Id of a silence', silence.silenceId) });

export function silenceRoutes(routes: Routes): void {
  const desk = routes.context.alertDesk;
  routes.define({
    id: 'listSilences',
    method: 'GET',
    url: '/silences',
    summary: 'Silences, also those that are over',
    tag,
    action: 'silence:read',
    answer: v.array(silenceSchema),
    examples: { answer: [silence] },
    handle: () => [...desk.silences()],
  });

  routes.define({
    id: 'createSilence',
    method: 'POST',
    url: '/silences',
    summary: 'Make a silence',
    tag,
    action: 'silence:write',
    body: silenceInputSchema,
    answer: silenceSchema,
    status: 201,
    examples: { body: silenceInput, answer: silence },
    handle: ({ body, subject }) => desk.putSilence(undefined, body, subject),
  });

  routes.define({
    id: 'previewSilence',
    method: 'POST',
    url: '/silences/preview',
    summary: 'Ids of the current alerts that a silence would mute',
    tag,
    action: 'silence:read',
    body: silencePreviewSchema,
    answer: v.array(v.string()),
    examples: { body: { matchers: silence.matchers }, answer: [alert.id] },
    perMinute: 120,
    handle: async ({ body }) => [...(await desk.previewSilence(body))],
  });

  routes.define({
    id: 'putSilence',
    method: 'PUT',
    url: '/silences/:silenceId',
    summary: 'Change a silence',
    tag,
    action: 'silence:write',
    params: silenceParams,
    body: silenceInputSchema,
    answer: silenceSchema,
    examples: { body: silenceInput, answer: silence },
    handle: ({ params, body, subject }) => desk.putSilence(params.silenceId, body, subject),
  });

  routes.define({
    id: 'removeSilence',
    method: 'DELETE',
    url: '/silences/:silenceId',
    summary: 'Remove a silence',
    tag,
    action: 'silence:write',
    params: silenceParams,
    handle: ({ params }) => desk.removeSilence(params.silenceId),
  });
}
