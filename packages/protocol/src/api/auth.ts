/** REST bodies of `/api/v1/auth/*` and `/api/v1/tokens`. */
import * as v from 'valibot';
import { limits } from '../limits.ts';
import { timeSchema } from './time.ts';

export const roles = ['admin', 'viewer'] as const;
export type Role = (typeof roles)[number];

const secret = v.pipe(v.string(), v.minLength(1), v.maxLength(limits.nameLength));

/** POST /api/v1/auth/setup: exchanges the one-time link's token for a session. */
export interface SetupRequest {
  readonly token: string;
}
export const setupRequestSchema: v.GenericSchema<SetupRequest> = v.pipe(
  v.object({ token: secret }),
  v.title('SetupRequest'),
);

/** POST /api/v1/auth/login */
export interface LoginRequest {
  readonly name: string;
  readonly password: string;
}
export const loginRequestSchema: v.GenericSchema<LoginRequest> = v.pipe(
  v.object({
    name: secret,
    password: secret,
  }),
  v.title('LoginRequest'),
);

/** PUT /api/v1/auth/password: `current` is needed once a password is set. */
export interface PasswordRequest {
  readonly current?: string | undefined;
  readonly password: string;
}
export const passwordRequestSchema: v.GenericSchema<PasswordRequest> = v.pipe(
  v.object({
    current: v.optional(secret),
    password: secret,
  }),
  v.title('PasswordRequest'),
);

/** GET /api/v1/auth/session, and the answer to setup and login. */
export interface Session {
  readonly name: string;
  readonly role: Role;
  /** False until a password was set; then the setup link is the only way in. */
  readonly hasPassword: boolean;
}

export const sessionSchema: v.GenericSchema<unknown, Session> = v.pipe(
  v.object({
    name: v.string(),
    role: v.picklist(roles),
    hasPassword: v.boolean(),
  }),
  v.title('Session'),
);

/** POST /api/v1/tokens */
export interface TokenRequest {
  readonly name: string;
}
export const tokenRequestSchema: v.GenericSchema<TokenRequest> = v.pipe(
  v.object({
    name: v.pipe(v.string(), v.minLength(1), v.maxLength(80)),
  }),
  v.title('TokenRequest'),
);

/** A read-only token for other people's pages and scripts: GET /api/v1/tokens. */
export interface ApiToken {
  readonly tokenId: string;
  readonly name: string;
  readonly createdAtMs: number;
  readonly lastUsedAtMs: number | null;
}

const tokenEntries = {
  tokenId: v.string(),
  name: v.string(),
  createdAtMs: timeSchema,
  lastUsedAtMs: v.nullable(timeSchema),
};

export const apiTokenSchema: v.GenericSchema<unknown, ApiToken> = v.pipe(
  v.object(tokenEntries),
  v.title('ApiToken'),
);

/** Answer to POST /api/v1/tokens. The secret is shown this once. */
export interface CreatedToken extends ApiToken {
  readonly secret: string;
}

export const createdTokenSchema: v.GenericSchema<unknown, CreatedToken> = v.pipe(
  v.object({
    ...tokenEntries,
    secret: v.string(),
  }),
  v.title('CreatedToken'),
);
