import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startAgent, type RunningAgent } from '@openmanager/agent';
import { pastOf } from '../demo/past.ts';
import { makeProfile } from '../demo/profile.ts';
import { SimulatedHost } from '../demo/simulated-host.ts';
import { openHub } from '../open-hub.ts';
import { counted, step, untilStopped } from '../progress.ts';
import { durationMs, readSettings, settings, settingsOf } from '../settings.ts';
import { text } from '../text.ts';

/** Simulated hosts never share a folder with real ones. */
const DEMO_FOLDER = './data-demo';

export async function runDemo(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  const values = readSettings(settingsOf.demo, args, environment);
  const count = values.hosts ?? Number(settings.hosts.sample);
  const seed = values.seed ?? Number(settings.seed.sample);
  const intervalMs = durationMs(settings.interval, values.interval ?? settings.interval.sample);
  const pastMs = durationMs(settings.past, values.past ?? settings.past.sample);
  const folder = resolve(values.data ?? DEMO_FOLDER);
  const { en, Faker } = await import('@faker-js/faker');
  const faker = new Faker({ locale: en, seed });
  // What is there already goes on.
  const isNew = !existsSync(join(folder, 'agents'));
  const hub = await openHub({ ...values, data: folder }, { demo: true });
  const stopped = untilStopped();
  let isStopping = false;
  void stopped.then(() => (isStopping = true));
  const agents: RunningAgent[] = [];
  try {
    for (let index = 0; index < count && !isStopping; index++) {
      const profile = makeProfile(faker, index);
      const { agentId, key } = await hub.localAgentKey(profile.facts.hostname);
      const startMs = Date.now() - (isNew ? pastMs : 0);
      const host = new SimulatedHost(profile, seed * 100_003 + index, startMs);
      if (isNew && pastMs > 0) await hub.backfill(agentId, pastOf(host, startMs));
      agents.push(
        await startAgent({
          hub: hub.url,
          key,
          intervalMs,
          demo: true,
          stateFolder: join(folder, 'agents', agentId),
          collect: host,
        }),
      );
      counted(index + 1, count);
    }
  } catch (error) {
    await Promise.all(agents.map((agent) => agent.stop()));
    await hub.stop();
    throw error;
  }
  step('step.demo', { hosts: count });
  console.log(`\n  ${text(hub.setupLink === null ? 'ready.url' : 'ready.setup')}`);
  console.log(`  ${hub.setupLink ?? hub.url}\n`);
  console.log(`  ${text('ready.stop')}`);
  await stopped;
  await Promise.all(agents.map((agent) => agent.stop()));
  await hub.stop();
  step('stopped');
}
