/** What more than one program says: alerts, notifications, units and what to do about errors. */
import { errors as registry, type ErrorCode } from '@openmanager/protocol';

export const alerts = {
  'severity.info': 'Notice',
  'severity.warning': 'Warning',
  'severity.critical': 'Critical',
  'alert.title': '{severity}: {host}',
  'alert.resolved': 'Resolved: {text}',
  'alert.above': '{metric} {value} (limit {threshold})',
  'alert.wasAbove': '{metric} above {threshold}',
  'alert.flapping': 'flapping, fired {count} times lately',
  'alert.silent': 'No data for {span}',
  'alert.wasSilent': 'No data',
  'alert.more': 'and {count} more',
  'alert.acknowledge': 'Acknowledge',
  'alert.silenceHour': 'Silence 1 h',
  'alert.changed': 'Something changed. Open OpenManager to see it.',
  'alert.notAcknowledged': 'Could not be acknowledged',
  'alert.notSilenced': 'Could not be silenced',
  'alert.over': 'It no longer fires.',
  // The space is one that does not break: a number stays with its unit.
  'unit.day': '\u00a0d',
  'unit.hour': '\u00a0h',
  'unit.minute': '\u00a0min',
  'unit.second': '\u00a0s',
} as const;

export type AlertMessages = Readonly<Record<keyof typeof alerts, string>>;

/** `unreachable` is what a client says by itself: no hub answered. */
export type ErrorMessages = Readonly<Record<`error.${ErrorCode | 'unreachable'}`, string>>;

/** English is what the hub itself says of an error. */
export const errors: ErrorMessages = /* @__PURE__ */ fromRegistry();

function fromRegistry(): ErrorMessages {
  const texts: Record<string, string> = {
    'error.unreachable': 'The hub does not answer. Check that it is running; then try again.',
  };
  for (const [code, { message, action }] of Object.entries(registry))
    texts[`error.${code}`] = `${message} ${action}`;
  return texts as ErrorMessages;
}

export type RuleWarningMessages = Readonly<
  Record<
    `ruleWarning.${'unknown-metric' | 'unknown-metric-like' | 'share-beyond-one' | 'unknown-attribute' | 'each-without-attributes' | 'where-without-each' | 'reserved-label'}`,
    string
  >
>;

/** What is allowed in a rule and yet hardly meant, by the code of the warning. */
export const ruleWarnings: RuleWarningMessages = {
  'ruleWarning.unknown-metric': '{field}: nothing measures “{value}”, so the rule says nothing',
  'ruleWarning.unknown-metric-like': '{field}: nothing measures “{value}”; is “{hint}” meant?',
  'ruleWarning.share-beyond-one':
    '{field}: {value} is more than a share can be; write {hint} for {value} %',
  'ruleWarning.unknown-attribute':
    '{field}: series of {value} have no such attribute; they have: {hint}',
  'ruleWarning.each-without-attributes':
    '{field}: {value} has only one series a host, which scope total is about',
  'ruleWarning.where-without-each': '{field}: counts only with scope each',
  'ruleWarning.reserved-label':
    '{field}: every alert has a label {value} of its own, so this one is never seen',
};
