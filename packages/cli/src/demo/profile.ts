/** What a simulated host is: a role with its habits, and hardware that fits. */
import type { Faker } from '@faker-js/faker';
import type { CollectedFacts } from '@openmanager/agent';

export type RoleName = 'web' | 'api' | 'db' | 'cache' | 'worker' | 'ci';

export interface Role {
  readonly name: RoleName;
  /** CPU at night and what the day adds, ratios. */
  readonly cpuBase: number;
  readonly cpuDay: number;
  readonly memory: number;
  readonly disk: number;
  /** Bytes per second at full load. */
  readonly networkPeak: number;
  readonly diskPeak: number;
  readonly processes: readonly string[];
}

export const roles: readonly Role[] = [
  {
    name: 'web',
    cpuBase: 0.08,
    cpuDay: 0.35,
    memory: 0.45,
    disk: 0.4,
    networkPeak: 60e6,
    diskPeak: 8e6,
    processes: ['nginx', 'node', 'php-fpm'],
  },
  {
    name: 'api',
    cpuBase: 0.12,
    cpuDay: 0.45,
    memory: 0.45,
    disk: 0.35,
    networkPeak: 40e6,
    diskPeak: 5e6,
    processes: ['node', 'java', 'gunicorn'],
  },
  {
    name: 'db',
    cpuBase: 0.18,
    cpuDay: 0.3,
    memory: 0.6,
    disk: 0.58,
    networkPeak: 30e6,
    diskPeak: 120e6,
    processes: ['postgres', 'pgbouncer', 'postgres'],
  },
  {
    name: 'cache',
    cpuBase: 0.06,
    cpuDay: 0.2,
    memory: 0.52,
    disk: 0.2,
    networkPeak: 90e6,
    diskPeak: 3e6,
    processes: ['redis-server', 'memcached'],
  },
  {
    name: 'worker',
    cpuBase: 0.3,
    cpuDay: 0.3,
    memory: 0.5,
    disk: 0.5,
    networkPeak: 15e6,
    diskPeak: 40e6,
    processes: ['python3', 'celery', 'ffmpeg'],
  },
  {
    name: 'ci',
    cpuBase: 0.05,
    cpuDay: 0.6,
    memory: 0.4,
    disk: 0.6,
    networkPeak: 25e6,
    diskPeak: 90e6,
    processes: ['dockerd', 'node', 'cargo'],
  },
];

export interface Profile {
  readonly role: Role;
  readonly facts: CollectedFacts;
  /** Hour of the day (UTC) at which load peaks. */
  readonly peakHour: number;
}

const systems = [
  { osName: 'Debian GNU/Linux 12', kernel: '6.1.0-28-amd64' },
  { osName: 'Ubuntu 24.04 LTS', kernel: '6.8.0-48-generic' },
  { osName: 'Rocky Linux 9.4', kernel: '5.14.0-427.el9.x86_64' },
] as const;

const processors = ['AMD EPYC 9354', 'Intel Xeon Gold 6430', 'Ampere Altra Q80'] as const;
const sizes = [2, 4, 8, 16, 32] as const;
const GIBIBYTE = 1024 ** 3;

export function makeProfile(faker: Faker, index: number): Profile {
  const role = roles[index % roles.length] as Role;
  const system = faker.helpers.arrayElement(systems);
  const cpuCount = faker.helpers.arrayElement(sizes);
  const city = faker.location
    .city()
    .toLowerCase()
    .replace(/[^a-z]+/g, '-')
    .replace(/^-|-$/g, '');
  const cpuModel = faker.helpers.arrayElement(processors);
  return {
    role,
    peakHour: faker.number.float({ min: 9, max: 16 }),
    facts: {
      hostname: `${role.name}-${String(Math.floor(index / roles.length) + 1).padStart(2, '0')}.${city}`,
      os: 'linux',
      osName: system.osName,
      kernel: system.kernel,
      arch: cpuModel.startsWith('Ampere') ? 'arm64' : 'x64',
      cpuModel,
      cpuCount,
      memoryBytes: cpuCount * faker.helpers.arrayElement([2, 4]) * GIBIBYTE,
      timeZone: 'UTC',
    },
  };
}
