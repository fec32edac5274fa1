export type { Language } from '@openmanager/protocol';
export {
  cliMessages,
  dashboardMessages,
  errorMessages,
  ruleWarningMessages,
  alertMessages,
  languageNames,
  languages,
  preferredLanguage,
} from './languages.ts';
export type { AlertMessages, ErrorMessages, RuleWarningMessages } from './en/common.ts';
export type { CliMessages } from './en/cli.ts';
export type { DashboardMessages } from './en/dashboard.ts';
export { formatMessage, type MessageValues } from './message.ts';
export { createFormat, noValue, type Format } from './format.ts';
export {
  alertMessage,
  alertSentence,
  attributesLabel,
  notificationText,
  type NotificationText,
} from './alert-text.ts';
