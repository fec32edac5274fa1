import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { PROBLEM_JSON, problemOf, type ProtocolError } from '@openmanager/protocol';

/** A peer that does not close by itself is cut this long after the answer. */
const GRACE_MS = 500;

/**
 * Answers what is no request that others could answer, such as an upgrade, by the problem, and ends the socket. Such
 * sockets are half-open and no time-out of the server covers them: without the cut a peer could hold them for ever.
 */
export function refuse(socket: Duplex, error: ProtocolError, status?: number): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const problem = problemOf(error);
  const body = JSON.stringify({ ...problem, status: status ?? problem.status });
  socket.end(
    `HTTP/1.1 ${status ?? problem.status} ${STATUS_CODES[status ?? problem.status] ?? ''}\r\n` +
      `Connection: close\r\nContent-Type: ${PROBLEM_JSON}; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  cutSoon(socket);
}

/** Destroys the socket a moment later, if the peer has not closed it by then. */
export function cutSoon(socket: Duplex): void {
  const timer = setTimeout(() => socket.destroy(), GRACE_MS);
  socket.once('close', () => clearTimeout(timer));
}
