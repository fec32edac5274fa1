import { attempt, json } from '../answer.ts';
import { textOf, titleOf } from '../message.ts';
import type { Integration } from '../receiver.ts';
import type { GotifySettings } from './settings.ts';

const PRIORITIES = { info: 2, warning: 5, critical: 8 } as const;

/** POST /message of Gotify (gotify.net/docs/pushmsg). */
export const gotify: Integration<GotifySettings> = {
  async deliver(notification, { server, token }, { send, now, hubUrl }) {
    const { status, severity } = notification;
    const body = JSON.stringify({
      title: titleOf(notification),
      message: textOf(notification),
      priority: status === 'resolved' ? 2 : PRIORITIES[severity],
      ...(hubUrl === undefined
        ? {}
        : { extras: { 'client::notification': { click: { url: hubUrl } } } }),
    });
    const url = `${server.replace(/\/$/, '')}/message`;
    const headers = { ...json, 'x-gotify-key': token };
    return (await attempt(send, { method: 'POST', url, headers, body }, now())).outcome;
  },
};
