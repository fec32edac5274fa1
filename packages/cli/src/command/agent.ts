import { startAgent } from '@openmanager/agent';
import { endHard, goOnAfterErrors } from '../last-resort.ts';
import { step, untilStopped } from '../progress.ts';
import { durationMs, readSettings, settings, settingsOf } from '../settings.ts';

export async function runAgent(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  const values = readSettings(settingsOf.agent, args, environment);
  const intervalMs = durationMs(settings.interval, values.interval ?? settings.interval.sample);
  const stopped = untilStopped();
  let broken = false;
  const givenUp = new Promise<void>((resolve) =>
    goOnAfterErrors(() => {
      broken = true;
      resolve();
    }),
  );
  const agent = await startAgent({
    ...(values.hub === undefined ? {} : { hub: values.hub }),
    ...(values.token === undefined ? {} : { key: values.token }),
    ...(values.state === undefined ? {} : { stateFolder: values.state }),
    intervalMs,
    log: (level, message, fields) => {
      if (level === 'debug') return;
      const action = typeof fields?.['action'] === 'string' ? ` ${fields['action']}` : '';
      const line = `  ${level === 'info' ? '·' : '!'} ${message}${action}`;
      if (level === 'info') console.log(line);
      else console.error(line);
    },
  });
  step('agent.running', { hub: agent.hub, interval: intervalMs / 1000 });
  await Promise.race([stopped, givenUp]);
  await agent.stop();
  step('stopped');
  if (agent.stats().mountsStuck > 0) endHard();
  return broken ? 1 : 0;
}
