/** A process of its own: simulated hosts that sample each second and send to the hub as real agents do. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { en, Faker } from '@faker-js/faker';
import { startAgent } from '@openmanager/agent';
import { makeProfile } from '../../packages/cli/src/demo/profile.ts';
import { SimulatedHost } from '../../packages/cli/src/demo/simulated-host.ts';

const [hub, ...keys] = process.argv.slice(2) as [string, ...string[]];
const faker = new Faker({ locale: en, seed: 1 });
const folder = mkdtempSync(join(tmpdir(), 'openmanager-latency-'));
for (const [index, key] of keys.entries())
  await startAgent({
    hub,
    key,
    intervalMs: 1000,
    demo: true,
    stateFolder: join(folder, String(index)),
    collect: new SimulatedHost(makeProfile(faker, index), index, Date.now()),
  });
