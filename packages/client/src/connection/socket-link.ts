import {
  PROTOCOL_VERSION,
  errorBodySchema,
  type ClientHello,
  type ErrorBody,
} from '@openmanager/protocol';
import * as parser from '@openmanager/protocol/parser';
import { io, type Socket } from 'socket.io-client';
import { safeParse } from 'valibot';
import type { Dial } from './link.ts';
import type { LossReason } from './machine.ts';

const DIAL_TIMEOUT_MS = 10_000;

/** A link over Socket.IO. Its own reconnection is off: the state machine here decides when to dial. */
export const dialSocket: Dial = (target, handlers) => {
  const hello: ClientHello = {
    version: PROTOCOL_VERSION,
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
  socket.on('message', (message: unknown) => handlers.message(message));
  socket.on('closing', (error: unknown) => handlers.closing(error));
  socket.connect();
  return {
    request(event, payload, answered) {
      if (payload === undefined) socket.emit(event, answered);
      else socket.emit(event, payload, answered);
    },
    close() {
      socket.off();
      socket.disconnect();
    },
  };
};

/** The hub's own error from its middleware, or from the body of a refused polling request. */
function errorFrom(error: Error & { data?: unknown; context?: unknown }): ErrorBody | undefined {
  const fromHub = safeParse(errorBodySchema, error.data);
  if (fromHub.success) return fromHub.output;
  const { context } = error;
  if (typeof context !== 'object' || context === null || !('responseText' in context))
    return undefined;
  try {
    const body: unknown = JSON.parse(String(context.responseText));
    const refused = safeParse(errorBodySchema, body);
    if (refused.success) return refused.output;
    // engine.io wraps what allowRequest said as {code, message}.
    const message = (body as { message?: unknown }).message;
    const inner = safeParse(
      errorBodySchema,
      typeof message === 'string' ? JSON.parse(message) : message,
    );
    return inner.success ? inner.output : undefined;
  } catch {
    return undefined;
  }
}

function lossReason(reason: Socket.DisconnectReason): LossReason {
  return reason === 'ping timeout' ? 'heartbeat-timeout' : 'network';
}
