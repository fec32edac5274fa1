import { apiTokenSchema, createdTokenSchema, tokenRequestSchema } from '@openmanager/protocol';
import * as v from 'valibot';
import { apiToken } from '../examples.ts';
import { name } from '../query.ts';
import type { Routes } from '../route.ts';

const tag = 'tokens';
const tokenParams = v.object({ tokenId: name('Id of a token', apiToken.tokenId) });

export function tokenRoutes(routes: Routes): void {
  const { auth } = routes.context;
  routes.define({
    id: 'listTokens',
    method: 'GET',
    url: '/tokens',
    summary: 'Read-only API tokens',
    tag,
    action: 'token:read',
    answer: v.array(apiTokenSchema),
    examples: { answer: [apiToken] },
    handle: () => auth.listTokens(),
  });

  routes.define({
    id: 'createToken',
    method: 'POST',
    url: '/tokens',
    summary: 'Create a read-only API token; its secret is shown this once',
    tag,
    action: 'token:create',
    body: tokenRequestSchema,
    answer: createdTokenSchema,
    status: 201,
    errors: ['already-exists'],
    examples: {
      body: { name: apiToken.name },
      answer: { ...apiToken, lastUsedAtMs: null, secret: 'om_8Vn2kQ5xT1wZ7rB4' },
    },
    handle: ({ body }) => auth.createToken(body.name),
  });

  routes.define({
    id: 'revokeToken',
    method: 'DELETE',
    url: '/tokens/:tokenId',
    summary: 'Revoke an API token',
    tag,
    action: 'token:revoke',
    params: tokenParams,
    handle: ({ params }) => auth.revokeToken(params.tokenId),
  });
}
