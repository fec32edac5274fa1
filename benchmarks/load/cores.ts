/**
 * Who runs where: the server under test has its cores to itself, the load another one, so that neither takes the
 * other's time. Without `taskset`, or on one core, nothing is pinned, and the results say so.
 */
import { execFileSync } from 'node:child_process';

export type Role = 'server' | 'load' | 'hosts';

function usableCores(): readonly number[] {
  let list: string;
  try {
    list = execFileSync('taskset', ['-pc', String(process.pid)], { encoding: 'utf8' });
  } catch {
    return [];
  }
  return (list.split(':').at(-1) ?? '')
    .trim()
    .split(',')
    .flatMap((span) => {
      const [from = 0, to = from] = span.split('-').map(Number);
      return Array.from({ length: to - from + 1 }, (_, index) => from + index);
    });
}

const cores = usableCores();

/**
 * Two for the server where there are four: a machine that runs nothing but a hub has as many, and its threads for the
 * store are not to take the time of delivery. The first core is for the rest, interrupts among it.
 */
function coresOf(role: Role): readonly number[] {
  const [first, second, third, fourth] = cores;
  if (cores.length === 2) return of(role === 'server' ? first : second);
  if (cores.length === 3) return of(role === 'server' ? second : role === 'load' ? third : first);
  return role === 'server' ? of(second, third) : of(role === 'load' ? fourth : first);
}

const of = (...some: readonly (number | undefined)[]): readonly number[] =>
  some.filter((core) => core !== undefined);

/** The command that starts `command` on its role's cores. */
export function pinned(role: Role, command: string, args: readonly string[]): [string, string[]] {
  return cores.length < 2
    ? [command, [...args]]
    : ['taskset', ['-c', coresOf(role).join(','), command, ...args]];
}

/** Moves this process, and what it starts without a role (a browser), off the cores of server and load. */
export function pinRest(): void {
  if (cores.length < 2) return;
  const taken = [...coresOf('server'), ...coresOf('load')];
  const free = cores.filter((core) => !taken.includes(core));
  const rest = free.length > 0 ? free : coresOf('load');
  execFileSync('taskset', ['-acp', rest.join(','), String(process.pid)], { stdio: 'ignore' });
}

/** For the machine's facts. */
export function pinningFact(): string {
  if (cores.length < 2) return 'nothing pinned to cores';
  const said = (role: Role): string => coresOf(role).join(' and ');
  return `server pinned to core ${said('server')}, load to ${said('load')}, hosts to ${said('hosts')}`;
}
