/** A notification as text for people; each channel puts it into its own form. */
import { visible } from '@openmanager/protocol';
import type { NotifiedAlert, Notification } from '../dispatch/notification.ts';
import { cut, cutTo, inUtf16, type Measure } from './size.ts';

export { cut };

/** Alerts that are written out; the others are counted. */
export const LISTED = 20;

/** Names are those of machines and people: on one line, with nothing in them that turns or hides what stands beside. */
const oneLine = (text: string): string => visible(text.replaceAll(/\s+/g, ' ').trim());

/** Labels that the title of a storm names: what an administrator gave, not what every alert has. */
const STORM_LABELS = 3;
const ownLabels = new Set(['rule', 'severity', 'metric', 'kind']);

export function titleOf(notification: Notification): string {
  const { status, severity, alerts } = notification;
  const [first] = alerts;
  if (!first) return 'OpenManager';
  const word = status === 'resolved' ? 'Resolved' : severity[0]?.toUpperCase() + severity.slice(1);
  if (notification.isStorm) {
    const shared = Object.entries(notification.groupLabels)
      .filter(([name]) => !ownLabels.has(name))
      .slice(0, STORM_LABELS)
      .map(([name, value]) => `${name}=${value}`);
    const rule = notification.groupLabels['rule'];
    const of = [...(rule === undefined ? [] : [rule]), ...shared].join(', ');
    const count = `${alerts.length} alerts at once${of === '' ? '' : ` (${of})`}`;
    return cut(oneLine(`[${word}] ${count}: ${first.alert.summary}`), 200);
  }
  const more = alerts.length > 1 ? ` (+${alerts.length - 1} more)` : '';
  return cut(oneLine(`[${word}] ${first.alert.summary}${more}`), 200);
}

function lineOf({ alert, acknowledged }: NotifiedAlert, most: number): string {
  const word = alert.state === 'resolved' ? 'resolved' : alert.severity;
  const noted = acknowledged ? ` (acknowledged by ${cut(acknowledged.author, most)})` : '';
  return oneLine(`${word}: ${cut(alert.summary, most)}${noted}`);
}

/** Alerts whose pages are linked to: the sentences need the room. */
const LINKED = 5;

export interface Form {
  /** Alerts that are written out. @default LISTED */
  readonly listed?: number | undefined;
  /** Of each summary, in UTF-16 units. @default whole */
  readonly summary?: number | undefined;
  /** Is for the words: links stay as they are, or they would lead nowhere. */
  readonly escape?: ((text: string) => string) | undefined;
}

export function linesOf(
  { alerts, dropped }: Notification,
  { listed = LISTED, summary = Number.POSITIVE_INFINITY, escape = (text) => text }: Form = {},
): string[] {
  const lines = alerts.slice(0, listed).flatMap((one, index) => {
    const link = one.pageUrl === undefined || index >= LINKED ? [] : [one.pageUrl];
    return [escape(lineOf(one, summary)), ...link];
  });
  if (alerts.length > listed) lines.push(`and ${alerts.length - listed} more alerts`);
  if (dropped > 0) lines.push(`and ${dropped} resolved alerts from while this channel was away`);
  for (const { runbookUrl } of alerts.slice(0, listed))
    if (runbookUrl !== undefined && !lines.includes(`Runbook: ${runbookUrl}`))
      lines.push(`Runbook: ${runbookUrl}`);
  return lines;
}

/** Lengths of summaries that are tried, longest first: more alerts in fewer words say more than the reverse. */
const SUMMARIES = [Number.POSITIVE_INFINITY, 300, 200, 120, 80] as const;

/**
 * The lines of a message whose whole, made of them by `whole`, measures at most `limit`: with shorter summaries, then with
 * fewer alerts. What is cut is cut before it is escaped, and whole lines stay whole.
 */
export function linesWithin(
  notification: Notification,
  limit: number,
  {
    escape,
    measure = inUtf16,
    whole = (lines) => lines.join('\n'),
    listed: most = LISTED,
    share = 1,
  }: Pick<Form, 'escape' | 'listed'> & {
    readonly measure?: Measure | undefined;
    readonly whole?: ((lines: readonly string[]) => string) | undefined;
    /** Of what it would take, for a vendor that found that too long. */
    readonly share?: number | undefined;
  } = {},
): string[] {
  const from = Math.min(most, notification.alerts.length);
  if (share < 1) {
    const taken = linesWithin(notification, limit, { escape, measure, whole, listed: most });
    return linesWithin(notification, measure(whole(taken)) * share, { escape, measure, whole });
  }
  const fits = (listed: number, summary: number): string[] | undefined => {
    const lines = linesOf(notification, { listed, summary, escape });
    return measure(whole(lines)) <= limit ? lines : undefined;
  };
  for (const summary of SUMMARIES) {
    const lines = fits(from, summary);
    if (lines) return lines;
  }
  for (let listed = from - 1; listed > 0; listed--) {
    const lines = fits(listed, SUMMARIES[4]);
    if (lines) return lines;
  }
  // One alert with links of extraordinary length, or a limit for nothing but a word.
  const [line = ''] = linesOf(notification, { listed: 1, summary: SUMMARIES[4], escape });
  const room = limit - measure(whole([]));
  for (let length = line.length; length > 0; length = Math.floor(length / 2)) {
    const short = escapedWithin(notification, length, escape);
    if (measure(whole([short])) <= limit) return [short];
  }
  return [cutTo('…', room, measure)];
}

function escapedWithin(
  { alerts: [first] }: Notification,
  length: number,
  escape: Form['escape'] = (text) => text,
): string {
  return first ? escape(cut(lineOf(first, length), length)) : '';
}

export function textWithin(
  notification: Notification,
  limit: number,
  form: Parameters<typeof linesWithin>[2] = {},
): string {
  return linesWithin(notification, limit, form).join('\n');
}

export function textOf(notification: Notification, listed?: number): string {
  return linesOf(notification, { listed }).join('\n');
}
