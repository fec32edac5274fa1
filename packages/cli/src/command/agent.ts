import { startAgent } from '@openmanager/agent';
import { MINUTE_MS } from '@openmanager/protocol/durations';
import { agentLog, agentOptions } from '../agent-settings.ts';
import { begunBefore, endHard, goOnAfterErrors } from '../last-resort.ts';
import { step, untilStopped } from '../progress.ts';
import { durationMs, readSettings, settings, settingsOf } from '../settings.ts';

export async function runAgent(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  const values = readSettings(settingsOf.agent, args, environment);
  const wanted = agentOptions(values);
  const intervalMs = durationMs(settings.interval, values.interval ?? settings.interval.sample);
  if (values.once) {
    const { runOnce } = await import('./once.ts');
    await runOnce(wanted, values.json, values.logLevel);
    return 0;
  }
  const log = agentLog(values.logLevel);
  const stopped = untilStopped();
  let broken = false;
  const givenUp = new Promise<void>((resolve) =>
    goOnAfterErrors(() => {
      broken = true;
      resolve();
    }),
  );
  const starting = startAgent({
    ...(values.hub === undefined ? {} : { hub: values.hub }),
    ...(values.token === undefined ? {} : { key: values.token }),
    ...(values.state === undefined ? {} : { stateFolder: values.state }),
    intervalMs,
    ...wanted,
    log,
  });
  const agent = await begunBefore(stopped, starting);
  if (!agent) endHard();
  const report = setInterval(() => {
    const { hostId = '', spoolFailure = '', ...stats } = agent.stats();
    log('debug', 'how the agent is', { hostId, spoolFailure, ...stats });
  }, MINUTE_MS);
  step('agent.running', { hub: agent.hub, interval: intervalMs / 1000 });
  await Promise.race([stopped, givenUp]);
  clearInterval(report);
  await agent.stop();
  step('stopped');
  if (agent.stats().stuck > 0) endHard();
  return broken ? 1 : 0;
}
