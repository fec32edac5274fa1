import type { IncomingMessage } from 'node:http';
import {
  capabilities,
  clientHelloSchema,
  negotiateVersion,
  ProtocolError,
  SUPPORTED_VERSIONS,
  type ClientHello,
  type ClientToHub,
  type ErrorBody,
  type HubToClient,
} from '@openmanager/protocol';
import type { DefaultEventsMap, Server, Socket } from 'socket.io';
import type { Authenticator, Authorize, Subject } from '../ports/index.ts';
import type { GatewayLog } from './options.ts';
import { cookieCounts } from './origin.ts';
import { parse } from './parse.ts';

export interface SocketData {
  subject: Subject;
  /** Protocol version agreed on. */
  version: number;
  canInflate: boolean;
}

export type HubServer = Server<ClientToHub, HubToClient, DefaultEventsMap, SocketData>;
export type HubSocket = Socket<ClientToHub, HubToClient, DefaultEventsMap, SocketData>;

/** A `connect_error`; Socket.IO sends `data` along. */
export class Refusal extends Error {
  readonly data: ErrorBody;

  constructor(body: ErrorBody) {
    super(body.message);
    this.name = 'Refusal';
    this.data = body;
  }
}

export interface HandshakeOptions {
  readonly authenticator: Authenticator;
  readonly authorize: Authorize;
  readonly allowedOrigins: readonly string[];
}

/** Checks a handshake: version, then credentials, then rights. */
export async function shakeHands(
  request: IncomingMessage,
  auth: unknown,
  { authenticator, authorize, allowedOrigins }: HandshakeOptions,
): Promise<SocketData> {
  const hello: ClientHello = parse(clientHelloSchema, auth);
  const version = negotiateVersion(hello.version, hello.oldest);
  if (version === undefined) {
    const spoken = SUPPORTED_VERSIONS.join(', ');
    throw new ProtocolError(
      'protocol-version',
      `version ${hello.version} is not spoken here, ${spoken} is`,
      'version',
    );
  }
  const cookie = cookieCounts(request, allowedOrigins) ? request.headers.cookie : undefined;
  const subject = await authenticator.authenticate({ bearer: hello.token, cookie });
  authorize(subject, 'topic:subscribe');
  const canInflate = hello.capabilities?.includes(capabilities.deflate) ?? false;
  return { subject, version, canInflate };
}

/** The error body to send. Unexpected errors are logged and sent as `internal`. */
export function bodyOf(error: unknown, log: GatewayLog, doing: string): ErrorBody {
  if (error instanceof ProtocolError) return error.toBody();
  log.error({ err: error }, `unexpected error in ${doing}`);
  return new ProtocolError('internal').toBody();
}
