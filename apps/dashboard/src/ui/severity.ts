import type { Severity } from '@openmanager/protocol';
import type { MessageId } from '../i18n/locale.ts';
import type { IconName } from './icons.tsx';
import type { TagTone } from './Tag.tsx';

/** Each severity has a shape of its own beside its colour. */
export const severityLook: Readonly<
  Record<Severity, { readonly icon: IconName; readonly tone: TagTone; readonly label: MessageId }>
> = {
  info: { icon: 'info', tone: 'neutral', label: 'severity.info' },
  warning: { icon: 'alert', tone: 'high', label: 'severity.warning' },
  critical: { icon: 'stop', tone: 'critical', label: 'severity.critical' },
};
