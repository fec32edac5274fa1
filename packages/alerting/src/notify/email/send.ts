import { createTransport } from 'nodemailer';
import type { Notification } from '../../dispatch/notification.ts';
import { shown } from '../answer.ts';
import { linesOf, titleOf } from '../message.ts';
import type { Integration } from '../receiver.ts';
import type { EmailSettings } from './settings.ts';

const TIMEOUT_MS = 15_000;

/** Mails over SMTP. All messages of a group form one thread; the same content has the same Message-ID. */
export const email: Integration<EmailSettings> = {
  async deliver(notification, settings, { hubUrl, ca }) {
    const { host, port, security, user, password, from, to } = settings;
    const transport = createTransport({
      host,
      port,
      secure: security === 'tls',
      requireTLS: security === 'starttls',
      ignoreTLS: security === 'none',
      ...(user === undefined ? {} : { auth: { user, pass: password ?? '' } }),
      ...(ca === undefined ? {} : { tls: { ca } }),
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
        to: [...to],
        subject: titleOf(notification),
        text: plain(notification, hubUrl),
        html: html(notification, hubUrl),
        messageId: `<${notification.key}@${domain}>`,
        inReplyTo: thread,
        references: thread,
        headers: { 'Auto-Submitted': 'auto-generated' },
      });
      return { kind: 'delivered', answer: shown(info.response) };
    } catch (error) {
      const code = (error as { responseCode?: unknown }).responseCode;
      // 5xx of SMTP: the server will not take it however often it is asked.
      const permanent = typeof code === 'number' && code >= 500;
      return {
        kind: 'failed',
        answer: shown(error instanceof Error ? error.message : String(error)),
        ...(permanent ? { permanent } : {}),
      };
    } finally {
      transport.close();
    }
  },
};

function plain(notification: Notification, hubUrl: string | undefined): string {
  return [...linesOf(notification), ...(hubUrl === undefined ? [] : ['', hubUrl])].join('\n');
}

function html(notification: Notification, hubUrl: string | undefined): string {
  const rows = linesOf(notification).map((line) => `<li>${escape(line)}</li>`);
  const link =
    hubUrl === undefined ? '' : `<p><a href="${escape(hubUrl)}">${escape(hubUrl)}</a></p>`;
  return `<h3>${escape(titleOf(notification))}</h3><ul>${rows.join('')}</ul>${link}`;
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
