import { hostname } from 'node:os';
import { defaultStateFolder, enroll } from '@openmanager/agent';
import type { Command } from '../main.ts';
import { step } from '../progress.ts';
import { readSettings, settings, UsageError } from '../settings.ts';
import { text } from '../text.ts';

const names = ['hub', 'code', 'state'] as const;

export const enrollCommand: Command = {
  name: 'agent enroll',
  help: 'command.enroll',
  settings: names,
  async run(args, environment) {
    const values = readSettings(names, args, environment);
    const hub = values.hub ?? settings.hub.sample;
    if (values.code === undefined) throw new UsageError(text('error.required', { flag: 'code' }));
    const stateFolder = values.state ?? defaultStateFolder();
    const enrolled = await enroll({ hub, code: values.code, hostname: hostname(), stateFolder });
    step('enroll.done', { agentId: enrolled.agentId, folder: stateFolder });
    console.log(`  ${text('enroll.next', { hub })}`);
  },
};
