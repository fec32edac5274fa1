import {
  capabilities,
  PROTOCOL_VERSION,
  errorBodySchema,
  errors,
  type ClientHello,
  type ErrorBody,
  type ErrorCode,
} from '@openmanager/protocol';
import * as parser from '@openmanager/protocol/parser';
import { io, type Socket } from 'socket.io-client';
import { object, parseJson, pipe, safeParse, string } from 'valibot';
import type { Dial } from './link.ts';
import type { LossReason } from './machine.ts';

const DIAL_TIMEOUT_MS = 10_000;

/** A link over Socket.IO. Its own reconnection is off: the state machine here decides when to dial. */
export const dialSocket: Dial = (target, handlers) => {
  const hello: ClientHello = {
    version: PROTOCOL_VERSION,
    capabilities: [capabilities.deflate],
    ...(target.token === undefined ? {} : { token: target.token }),
  };
  const socket: Socket = io(target.url, {
    parser,
    auth: hello,
    transports: ['websocket', 'polling'],
    tryAllTransports: true,
    withCredentials: target.token === undefined,
    reconnection: false,
    forceNew: true,
    autoConnect: false,
    timeout: DIAL_TIMEOUT_MS,
  });
  socket.on('connect', () => handlers.opened());
  socket.on('connect_error', (error: Error & { data?: unknown }) =>
    handlers.failed(errorFrom(error)),
  );
  socket.on('disconnect', (reason) => handlers.lost(lossReason(reason)));
  socket.on('frame', (bytes: unknown) => {
    if (bytes instanceof Uint8Array) handlers.frame(bytes);
  });
  socket.on('lagging', (lagging: unknown) => handlers.lagging(lagging));
  socket.on('closing', (error: unknown) => handlers.closing(error));
  socket.connect();
  return {
    request(event, payload, answered) {
      if (payload === undefined) socket.emit(event, answered);
      else socket.emit(event, payload, answered);
    },
    progress(frames) {
      socket.emit('progress', frames);
    },
    close() {
      socket.off();
      socket.disconnect();
    },
  };
};

/** The hub's own error, from its middleware or from the refusal of the request before that. */
function errorFrom(error: Error & { data?: unknown; context?: unknown }): ErrorBody | undefined {
  const fromHub = safeParse(errorBodySchema, error.data);
  if (fromHub.success) return fromHub.output;
  const { context } = error;
  if (typeof context !== 'object' || context === null || !('responseText' in context))
    return undefined;
  // engine.io answers a refused request with {code: 4, message: what the hub's check said}.
  const refused = safeParse(refusalSchema, context.responseText);
  if (!refused.success || !Object.hasOwn(errors, refused.output.message)) return undefined;
  const code = refused.output.message as ErrorCode;
  return { code, message: errors[code].message, action: errors[code].action };
}

const refusalSchema = pipe(string(), parseJson(), object({ message: string() }));

function lossReason(reason: Socket.DisconnectReason): LossReason {
  return reason === 'ping timeout' ? 'heartbeat-timeout' : 'network';
}
