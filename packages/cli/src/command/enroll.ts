import { hostname } from 'node:os';
import { defaultStateFolder, enroll } from '@openmanager/agent';
import { step } from '../progress.ts';
import { readSettings, settings, settingsOf, UsageError } from '../settings.ts';
import { text } from '../text.ts';

export async function runEnroll(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  const values = readSettings(settingsOf.enroll, args, environment);
  const hub = values.hub ?? settings.hub.sample;
  if (values.code === undefined) throw new UsageError(text('error.required', { flag: 'code' }));
  const stateFolder = values.state ?? defaultStateFolder();
  const enrolled = await enroll({ hub, code: values.code, hostname: hostname(), stateFolder });
  step('enroll.done', { agentId: enrolled.agentId, folder: stateFolder });
  console.log(`  ${text('enroll.next', { hub })}`);
}
