/**
 * Names of units that systemd makes for one run each: a connection of a socket with Accept=yes
 * (`sshd@12-10.0.0.1:22-10.0.0.9:51234.service`), a core dump, what systemd-run and podman start. A series for each would
 * have no end, so all of a kind are told as one, with `*` for what differs.
 */
import { plus } from './fold.ts';
import type { Unit } from './systemd-units.ts';

const ONE_RUN: readonly (readonly [form: RegExp, shown: string])[] = [
  [/@\d+-(?:[\da-f.:[\]]+-)+[\da-f.:[\]]+\.service$/, '@*.service'],
  [/^run-[a-z]{0,2}\d*[0-9a-f]*\.service$/, 'run-*.service'],
  [/[0-9a-f]{32,}(-[0-9a-f]+)?/, '*'],
  [
    /[0-9a-f]{8}(\\x2d|-)[0-9a-f]{4}(\\x2d|-)[0-9a-f]{4}(\\x2d|-)[0-9a-f]{4}(\\x2d|-)[0-9a-f]{12}/,
    '*',
  ],
];

export function lastingName(name: string): string {
  return ONE_RUN.reduce((shown, [form, instead]) => shown.replace(form, instead), name);
}

/** What is most worth telling of several units under one name. */
const FIRST = ['failed', 'active', 'reloading', 'activating', 'deactivating'];
const rank = ({ activeState }: Unit): number => {
  const at = FIRST.indexOf(activeState);
  return at < 0 ? FIRST.length : at;
};

/** Units by lasting names: the state of the one that matters most, restarts and memory of all. */
export function foldUnits(units: readonly Unit[]): readonly Unit[] {
  const folded = new Map<string, Unit>();
  for (const unit of units) {
    const name = lastingName(unit.name);
    const other = folded.get(name);
    if (!other) {
      folded.set(name, name === unit.name ? unit : { ...unit, name });
      continue;
    }
    folded.set(name, {
      ...(rank(unit) < rank(other) ? unit : other),
      name,
      restarts: plus(other.restarts, unit.restarts),
      memoryBytes: plus(other.memoryBytes, unit.memoryBytes),
    });
  }
  return [...folded.values()];
}
