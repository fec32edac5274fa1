import { attempt } from '../answer.ts';
import type { Integration, SendContext, SendOutcome } from '../receiver.ts';
import type { HeartbeatSettings } from './settings.ts';

async function beat(
  { url, method = 'GET' }: HeartbeatSettings,
  { send, now }: SendContext,
): Promise<SendOutcome> {
  return (await attempt(send, { method, url, body: '' }, now())).outcome;
}

/** One request says that the hub lives. A test is a beat, too; the routing names none of these. */
export const heartbeat: Integration<HeartbeatSettings> = {
  deliver: (_, settings, context) => beat(settings, context),
  beat,
};
