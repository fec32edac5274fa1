/** A notification as text for people; each channel puts it into its own form. */
import type { NotifiedAlert, Notification } from '../dispatch/notification.ts';

/** Alerts that are written out; the others are counted. */
export const LISTED = 20;

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

/** Cut to so many UTF-16 units, never within a character. */
export function cut(text: string, units: number): string {
  if (text.length <= units) return text;
  const end = units - 1;
  const split = /[\uD800-\uDBFF]/.test(text[end - 1] ?? '');
  return `${text.slice(0, split ? end - 1 : end)}…`;
}

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

export function lineOf({ alert, acknowledged }: NotifiedAlert): string {
  const word = alert.state === 'resolved' ? 'resolved' : alert.severity;
  const noted = acknowledged ? ` (acknowledged by ${acknowledged.author})` : '';
  return oneLine(`${word}: ${alert.summary}${noted}`);
}

/** Alerts whose pages are linked to: the sentences need the room. */
const LINKED = 5;

/** `escape` is for the words: links stay as they are, or they would lead nowhere. */
export function linesOf(
  notification: Notification,
  listed: number = LISTED,
  escape: (text: string) => string = (text) => text,
): string[] {
  const { alerts, dropped } = notification;
  const lines = alerts.slice(0, listed).flatMap((one, index) => {
    const link = one.pageUrl === undefined || index >= LINKED ? [] : [one.pageUrl];
    return [escape(lineOf(one)), ...link];
  });
  if (alerts.length > listed) lines.push(`and ${alerts.length - listed} more alerts`);
  if (dropped > 0) lines.push(`and ${dropped} resolved alerts from while this channel was away`);
  for (const { runbookUrl } of alerts.slice(0, listed))
    if (runbookUrl !== undefined && !lines.includes(`Runbook: ${runbookUrl}`))
      lines.push(`Runbook: ${runbookUrl}`);
  return lines;
}

export function textOf(notification: Notification, listed?: number): string {
  return linesOf(notification, listed).join('\n');
}
