import { join, resolve } from 'node:path';
import { startAgent } from '@openmanager/agent';
import { makeProfile } from '../demo/profile.ts';
import { SimulatedHost } from '../demo/simulated-host.ts';
import { openHub } from '../open-hub.ts';
import { step, untilStopped } from '../progress.ts';
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
  const folder = resolve(values.data ?? DEMO_FOLDER);
  const { en, Faker } = await import('@faker-js/faker');
  const faker = new Faker({ locale: en, seed });
  const hub = await openHub({ ...values, data: folder });
  const stopped = untilStopped();
  const agents = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const profile = makeProfile(faker, index);
      const { agentId, key } = await hub.localAgentKey(profile.facts.hostname);
      return startAgent({
        hub: hub.url,
        key,
        intervalMs,
        demo: true,
        stateFolder: join(folder, 'agents', agentId),
        collect: new SimulatedHost(profile, seed * 100_003 + index, Date.now()),
      });
    }),
  );
  step('step.demo', { hosts: count });
  console.log(`\n  ${text(hub.setupLink === null ? 'ready.url' : 'ready.setup')}`);
  console.log(`  ${hub.setupLink ?? hub.url}\n`);
  console.log(`  ${text('ready.stop')}`);
  await stopped;
  await Promise.all(agents.map((agent) => agent.stop()));
  await hub.stop();
  step('stopped');
}
