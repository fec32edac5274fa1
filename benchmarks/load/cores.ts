/**
 * Who runs where: the server under test has a core to itself, the load another one, so that neither takes the
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

/** Core 0 is left to the rest, interrupts among it, where there are four. */
export function coreOf(role: Role): number | undefined {
  if (cores.length < 2) return undefined;
  const [first, second, third, fourth] = cores;
  if (cores.length === 2) return role === 'server' ? first : second;
  if (role === 'server') return second;
  return role === 'load' ? third : (fourth ?? first);
}

/** The core that no role has, where there are four. */
export function spareCore(): number | undefined {
  return cores.length < 4 ? undefined : cores[0];
}

/** The command that starts `command` on its role's core. */
export function pinned(role: Role, command: string, args: readonly string[]): [string, string[]] {
  const core = coreOf(role);
  return core === undefined
    ? [command, [...args]]
    : ['taskset', ['-c', String(core), command, ...args]];
}

/** Moves this process, and what it starts without a role (a browser), off the cores of server and load. */
export function pinRest(): void {
  if (cores.length < 2) return;
  const taken = [coreOf('server'), coreOf('load')];
  const free = cores.filter((core) => !taken.includes(core));
  const rest = free.length > 0 ? free : [coreOf('load')];
  execFileSync('taskset', ['-acp', rest.join(','), String(process.pid)], { stdio: 'ignore' });
}

/** For the machine's facts. */
export function pinningFact(): string {
  if (cores.length < 2) return 'nothing pinned to cores';
  return `server pinned to core ${coreOf('server')}, load to ${coreOf('load')}, hosts to ${coreOf('hosts')}`;
}
