import { isIP } from 'node:net';
import { createTransport } from 'nodemailer';
import type { Notification } from '../../dispatch/notification.ts';
import { shown } from '../answer.ts';
import { linesOf, titleOf } from '../message.ts';
import { OutgoingError } from '../outgoing.ts';
import type { Outcome } from '../../dispatch/retry.ts';
import { outcomeOfAll, type RecipientOutcome } from '../recipients.ts';
import type { Integration } from '../receiver.ts';
import type { EmailSettings } from './settings.ts';

const TIMEOUT_MS = 15_000;

/**
 * Mails over SMTP. All messages of a group form one thread; the same content has the same Message-ID. What a server refuses
 * for one address is that address's alone.
 */
export const email: Integration<EmailSettings> = {
  async deliver(notification, settings, { resolve, hubUrl, ca }) {
    const { host, port, security, user, password, from } = settings;
    const { reached = [] } = notification;
    const to = settings.to.filter((address) => !reached.includes(address));
    let address: string;
    try {
      address = await resolve(host);
    } catch (error) {
      if (!(error instanceof OutgoingError)) throw error;
      const permanent = error.code === 'forbidden-address';
      return { kind: 'failed', answer: shown(error.message), ...(permanent ? { permanent } : {}) };
    }
    const transport = createTransport({
      // Not the name: a second answer of the name server could lead elsewhere.
      host: address,
      port,
      secure: security === 'tls',
      requireTLS: security === 'starttls',
      ignoreTLS: security === 'none',
      ...(user === undefined ? {} : { auth: { user, pass: password ?? '' } }),
      tls: {
        ...(isIP(host) === 0 ? { servername: host } : {}),
        ...(ca === undefined ? {} : { ca }),
      },
      connectionTimeout: TIMEOUT_MS,
      greetingTimeout: TIMEOUT_MS,
      socketTimeout: TIMEOUT_MS,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    const domain = from.slice(from.lastIndexOf('@') + 1);
    const thread = `<group-${notification.groupId}@${domain}>`;
    try {
      const info = await transport.sendMail({
        from,
        to: [...settings.to],
        envelope: { from, to },
        subject: titleOf(notification),
        text: plain(notification, hubUrl),
        html: html(notification),
        messageId: `<${notification.key}@${domain}>`,
        inReplyTo: thread,
        references: thread,
        headers: { 'Auto-Submitted': 'auto-generated' },
      });
      return outcomeOfAll(perAddress(to, info), reached.length, shown(info.response));
    } catch (error) {
      const results = perAddress(to, error);
      // Refused one by one, or the whole attempt failed.
      const isEach = results.every(({ outcome }) => outcome.kind === 'failed');
      return isEach && to.length > 1 ? outcomeOfAll(results, reached.length, '') : failed(error);
    } finally {
      transport.close();
    }
  },
};

/** By what the server answered to each address. */
function perAddress(to: readonly string[], said: unknown): RecipientOutcome[] {
  const { rejectedErrors = [] } = said as { rejectedErrors?: readonly Error[] };
  return to.map((address) => {
    const refusal = rejectedErrors.find(
      (error) => 'recipient' in error && error.recipient === address,
    );
    const outcome = refusal ? failed(refusal) : ({ kind: 'delivered', answer: '' } as const);
    return { recipient: address, name: address, outcome };
  });
}

function failed(error: unknown): Outcome & { kind: 'failed' } {
  const code = (error as { responseCode?: unknown }).responseCode;
  // 5xx of SMTP: the server will not take it however often it is asked.
  const permanent = typeof code === 'number' && code >= 500;
  return {
    kind: 'failed',
    answer: shown(error instanceof Error ? error.message : String(error)),
    ...(permanent ? { permanent } : {}),
  };
}

function plain(notification: Notification, hubUrl: string | undefined): string {
  const lines = linesOf(notification);
  const isLinked = hubUrl === undefined || lines.includes(hubUrl);
  return [...lines, ...(isLinked ? [] : ['', hubUrl])].join('\n');
}

function html(notification: Notification): string {
  const linked = (line: string): string => {
    const [, before = '', url] = /^(Runbook: )?(https?:\/\/\S+)$/.exec(line) ?? [];
    const safe = escape(url ?? '');
    return url === undefined ? line : `${before}<a href="${safe}">${safe}</a>`;
  };
  const rows = linesOf(notification, { escape }).map((line) => `<li>${linked(line)}</li>`);
  return `<h3>${escape(titleOf(notification))}</h3><ul>${rows.join('')}</ul>`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (letter) => entities[letter] ?? letter);
}
