import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { PROBLEM_JSON, problemOf, type ProtocolError } from '@openmanager/protocol';

/** Answers what is no request that others could answer, such as an upgrade, by the problem, and ends the socket. */
export function refuse(socket: Duplex, error: ProtocolError): void {
  if (!socket.writable) return;
  const problem = problemOf(error);
  const body = JSON.stringify(problem);
  socket.end(
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}\r\n` +
      `Connection: close\r\nContent-Type: ${PROBLEM_JSON}; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
