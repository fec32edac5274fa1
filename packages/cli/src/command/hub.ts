import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { startAgent, type RunningAgent } from '@openmanager/agent';
import { agentLog, agentOptions } from '../agent-settings.ts';
import { openHub, type HubSettings } from '../open-hub.ts';
import { begunBefore, endAfterError, endHard } from '../last-resort.ts';
import { step, untilStopped } from '../progress.ts';
import { durationMs, readSettings, settings, settingsOf } from '../settings.ts';
import { text } from '../text.ts';

/** Runs a hub until it is told to stop; `beside` starts what runs in the same process. */
async function runHub(
  values: HubSettings,
  beside?: (hub: Awaited<ReturnType<typeof openHub>>) => Promise<RunningAgent>,
): Promise<void> {
  const hub = await openHub(values);
  const stopped = untilStopped();
  let agent: RunningAgent | undefined;
  endAfterError(async () => {
    await agent?.stop();
    await hub.stop();
  });
  agent = await begunBefore(stopped, beside?.(hub));
  if (beside && !agent) {
    await hub.stop();
    endHard();
  }
  console.log('');
  console.log(`  ${text(hub.setupLink === null ? 'ready.url' : 'ready.setup')}`);
  console.log(`  ${hub.setupLink ?? hub.url}`);
  console.log('');
  console.log(`  ${text('ready.stop')}`);
  await stopped;
  await agent?.stop();
  const isStoring = hub.isStoring();
  await hub.stop();
  if (isStoring) step('stopped');
  else console.error(`  ! ${text('stopped.unstored')}`);
  if ((agent?.stats().stuck ?? 0) > 0) endHard();
}

export async function runHubAlone(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  await runHub(readSettings(settingsOf.hub, args, environment));
}

export async function runStart(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  const values = readSettings(settingsOf.start, args, environment);
  const intervalMs = durationMs(settings.interval, values.interval ?? settings.interval.sample);
  const wanted = agentOptions(values);
  const name = wanted.name ?? hostname();
  await runHub(values, async (hub) => {
    const { key } = await hub.localAgentKey(hostname());
    const agent = await startAgent({
      hub: hub.url,
      ...wanted,
      log: agentLog('warn'),
      key,
      intervalMs,
      stateFolder: join(resolve(values.data ?? settings.data.sample), 'agent'),
    });
    step('step.agent', { hostname: name });
    return agent;
  });
}
