import {
  checkedAddress,
  outgoing,
  VaultError,
  type SendContext,
  type SendOutcome,
} from '@openmanager/alerting/notify';
import type { Clock } from '../ports/index.ts';
import type { AlertSettings } from './alert-settings.ts';

/** The way out for messages and heartbeats: to public addresses, and to those that the routing allows. */
export function sendContext({
  settings,
  clock,
}: {
  readonly settings: AlertSettings;
  readonly clock: Clock;
}): SendContext {
  const { allowHosts } = settings.routing();
  const hubUrl = settings.hubUrl();
  const options = { allowHosts: new Set(allowHosts) };
  return {
    send: outgoing(options),
    resolve: checkedAddress(options),
    now: () => clock.now(),
    ...(hubUrl === undefined ? {} : { hubUrl }),
  };
}

/** A bug of ours must not stop other sends; a secret that cannot be read does not become readable by trying again. */
export function thrownOutcome(error: unknown): SendOutcome {
  return {
    kind: 'failed',
    answer: error instanceof Error ? error.message : String(error),
    ...(error instanceof VaultError ? { permanent: true } : {}),
  };
}
