import { attempt, fieldOf, json } from '../answer.ts';
import { textWithin, titleOf } from '../message.ts';
import type { Integration } from '../receiver.ts';
import { fitting, inBytes } from '../size.ts';
import type { MatrixSettings } from './settings.ts';

/** An event takes 65,536 bytes as JSON (spec.matrix.org/latest/client-server-api/#size-limits), with room for its frame. */
const TEXT_BYTES = 30_000;

/**
 * Sends an event into a room (spec.matrix.org/latest/client-server-api/#put_matrixclientv3roomsroomidsendeventtypetxnid).
 * The transaction is the key of the message: tried again it is in the room once.
 */
export const matrix: Integration<MatrixSettings> = {
  async deliver(notification, { server, token, room }, { send, now }) {
    const base = server.replace(/\/$/, '');
    const head = `${titleOf(notification)}\n\n`;
    const headers = { ...json, authorization: `Bearer ${token}` };
    const sent = await fitting((share) => {
      const transaction = share === 1 ? notification.key : `${notification.key}-${share}`;
      const url = `${base}/_matrix/client/v3/rooms/${encodeURIComponent(room)}/send/m.room.message/${encodeURIComponent(transaction)}`;
      const text = textWithin(notification, TEXT_BYTES, { share, measure: inBytes });
      // Says that nobody is meant; without it @room and names in the text call people (spec.matrix.org, "User and room mentions").
      const content = { msgtype: 'm.text', body: `${head}${text}`, 'm.mentions': {} };
      const body = JSON.stringify(content);
      return attempt(send, { method: 'PUT', url, headers, body }, now());
    });
    const { outcome, answer } = sent;
    if (outcome.kind !== 'failed' || outcome.retryAfterMs !== undefined) return outcome;
    // Servers before version 1.10 of the specification say how long to wait in the answer alone.
    const waitMs = Number(answer && fieldOf(answer.body, ['retry_after_ms']));
    return waitMs > 0 ? { ...outcome, retryAfterMs: waitMs } : outcome;
  },
};
