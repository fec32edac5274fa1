import { startAgent } from '@openmanager/agent';
import type { Command } from '../main.ts';
import { step, untilStopped } from '../progress.ts';
import { durationMs, readSettings, settings } from '../settings.ts';

const names = ['hub', 'token', 'interval', 'state'] as const;

export const agentCommand: Command = {
  name: 'agent',
  help: 'command.agent',
  settings: names,
  async run(args, environment) {
    const values = readSettings(names, args, environment);
    const intervalMs = durationMs(settings.interval, values.interval ?? settings.interval.sample);
    const agent = await startAgent({
      ...(values.hub === undefined ? {} : { hub: values.hub }),
      ...(values.token === undefined ? {} : { key: values.token }),
      ...(values.state === undefined ? {} : { stateFolder: values.state }),
      intervalMs,
      log: (level, message) => {
        if (level === 'debug') return;
        const line = `  ${level === 'info' ? '·' : '!'} ${message}`;
        if (level === 'info') console.log(line);
        else console.error(line);
      },
    });
    step('agent.running', { hub: agent.hub, interval: intervalMs / 1000 });
    await untilStopped();
    await agent.stop();
    step('stopped');
  },
};
