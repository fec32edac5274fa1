import { opsgenie } from '../opsgenie/send.ts';
import type { Integration } from '../receiver.ts';
import type { JiraServiceManagementSettings } from './settings.ts';

/**
 * Operations of Jira Service Management, which takes the place of Opsgenie (its API ends in April 2027) and takes alerts in
 * the same form at an address of its own (support.atlassian.com, "Integration API").
 */
export const jiraServiceManagement: Integration<JiraServiceManagementSettings> = {
  deliver: (notification, { apiKey, server }, context) =>
    opsgenie.deliver(
      notification,
      {
        kind: 'opsgenie',
        apiKey,
        server: server ?? 'https://api.atlassian.com/jsm/ops/integration',
      },
      context,
    ),
};
