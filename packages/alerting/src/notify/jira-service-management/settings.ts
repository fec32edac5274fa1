import * as v from 'valibot';
import { serverUrl, text, type SettingsOf } from '../fields.ts';

export interface JiraServiceManagementSettings {
  readonly kind: 'jira-service-management';
  /** Of an API integration of a team. */
  readonly apiKey: string;
  /** @default https://api.atlassian.com/jsm/ops/integration */
  readonly server?: string | undefined;
}

export const jiraServiceManagementSettings: SettingsOf<JiraServiceManagementSettings, 'apiKey'> = {
  schema: v.strictObject({
    kind: v.literal('jira-service-management'),
    apiKey: text,
    server: v.optional(serverUrl),
  }),
  secrets: ['apiKey'],
};
