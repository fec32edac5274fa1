/** What must hold when a simulation has come to rest. */
import type { Alert } from '@openmanager/protocol';
import { SECOND_MS } from '@openmanager/protocol/durations';
import type { Life } from './time.ts';
import { countedBy, THRESHOLD, type Machine, type Simulation } from './simulation.ts';

/** Those that the simulation set up; the default ones beside them tell browsers only, or nobody. */
const RULES = new Set(['busy', 'host-silent']);
/** A sample that a process took so shortly before its end, in the memory it took along, besides two intervals. */
const UNWRITTEN_MS = 2 * SECOND_MS;
/** And one that was written, but not yet synced, when the power was cut. */
const UNSYNCED_MS = 6 * SECOND_MS;
/** Within this every alert is looked at, to be told. */
const LOOKED_MS = SECOND_MS;
/** Time that the hub needs to write down what it decided. */
const WRITTEN_MS = 2 * SECOND_MS;

export interface Verdict {
  readonly violations: readonly string[];
  readonly taken: number;
  readonly stored: number;
  readonly counted: number;
  /** Gone with the memory of a process that was killed. */
  readonly excused: number;
  readonly alerts: number;
  readonly messages: number;
}

export function audit(simulation: Simulation): Verdict {
  const { machines, hubDisk, deliveries } = simulation;
  const violations: string[] = [];
  let counted = 0;
  let excused = 0;
  for (const machine of machines) {
    const found = ledger(simulation, machine);
    counted += found.counted;
    excused += found.excused;
    violations.push(...found.violations, ...atRest(machine));
  }
  violations.push(...missedAlerts(simulation), ...toldTwice(simulation), ...silences(simulation));
  return {
    violations,
    taken: machines.reduce((sum, { taken }) => sum + taken.length, 0),
    stored: [...hubDisk.stored.values()].reduce((sum, { size }) => sum + size, 0),
    counted,
    excused,
    alerts: storedAlerts(simulation).length,
    messages: deliveries.length,
  };
}

/** Every sample is stored once, counted as lost, or went with the memory of a process that was killed. */
function ledger(
  { hubDisk, intervalMs }: Simulation,
  { name, agentId, taken, current, counted: before, diskless }: Machine,
): { violations: string[]; counted: number; excused: number } {
  const violations: string[] = [];
  const numbers = [...(hubDisk.stored.get(agentId)?.values() ?? [])];
  const stored = new Set(numbers);
  if (stored.size < numbers.length)
    violations.push(`${name}: ${numbers.length - stored.size} samples are stored twice`);
  // A row at a time that is taken is counted by the store.
  const repeated = hubDisk.collided.get(agentId) ?? 0;
  const counted = before + (current ? countedBy(current.agent) : 0) + repeated;
  const unwrittenMs = ({ lostPower }: Life): number =>
    UNWRITTEN_MS + (lostPower ? UNSYNCED_MS : 0) + 2 * intervalMs;
  const missing = taken.filter(({ number }) => !stored.has(number));
  // In memory alone from then on to the end of its process.
  const isUnwritten = (atMs: number, life: Life, endedMs: number): boolean =>
    atMs >= endedMs - unwrittenMs(life) ||
    diskless.some(({ fromMs, toMs }) => atMs >= fromMs - unwrittenMs(life) && toMs >= endedMs);
  const lost = missing.filter(
    ({ atMs, life }) => life.endedMs === undefined || !isUnwritten(atMs, life, life.endedMs),
  );
  if (lost.length > counted)
    violations.push(
      `${name}: ${lost.length} samples are neither stored nor counted (${counted} are): ${lost
        .slice(0, 8)
        .map(({ number }) => number)
        .join(', ')}`,
    );
  return { violations, counted, excused: missing.length - lost.length };
}

/** Connected, and nothing waits. */
function atRest({ name, current }: Machine): string[] {
  if (current === undefined) return [`${name}: no agent runs at the end`];
  const { connected, batchesInMemory, spoolBytes } = current.agent.stats();
  return [
    ...(connected ? [] : [`${name}: not connected at the end`]),
    // The newest one may be under way.
    ...(batchesInMemory <= 1 ? [] : [`${name}: ${batchesInMemory} batches wait at the end`]),
    ...(spoolBytes === 0 ? [] : [`${name}: ${spoolBytes} bytes of spool at the end`]),
  ];
}

function storedAlerts({ hubDisk }: Simulation): Alert[] {
  return ['alerts', 'alert-history']
    .flatMap((name) =>
      [...(hubDisk.records.get(name)?.values() ?? [])].map((text) => JSON.parse(text) as Alert),
    )
    .filter(({ ruleId }) => RULES.has(ruleId));
}

/** Two high samples in a row, judged by a hub that lived long enough to write it down, are an alert; all are told. */
function missedAlerts(simulation: Simulation): string[] {
  const { machines, judged, deliveries, intervalMs } = simulation;
  const alerts = storedAlerts(simulation);
  const violations: string[] = [];
  for (const { name, agentId, episodes } of machines)
    for (const { fromMs, toMs } of episodes) {
      const high = judged.filter(
        ({ hostId, atMs, value, life }) =>
          hostId === agentId &&
          value > THRESHOLD &&
          atMs >= fromMs &&
          atMs <= toMs + intervalMs &&
          (life.endedMs === undefined || life.endedMs - atMs > WRITTEN_MS),
      );
      if (high.length < 2) continue;
      const isTold = simulation.announced.some(
        ({ alert, atMs }) =>
          alert.ruleId === 'busy' &&
          alert.target.id === agentId &&
          alert.state === 'firing' &&
          atMs >= fromMs - intervalMs &&
          atMs <= toMs + 2 * intervalMs,
      );
      if (!isTold) violations.push(`${name}: the load from ${fromMs} is no alert`);
    }
  const told = new Set(deliveries.flatMap(({ alerts: of }) => of.map(({ id }) => id)));
  for (const alert of alerts) {
    if (alert.firedAtMs === undefined || told.has(alert.id)) continue;
    if (couldNotBeTold(simulation, alert) || firesOn(simulation, alert)) continue;
    violations.push(`the alert ${alert.ruleId} of ${alert.target.name} was told to nobody`);
  }
  for (const [series, state] of beliefs(deliveries, Number.POSITIVE_INFINITY))
    if (state === 'firing' && !wasForgotten(simulation, series))
      violations.push(`the receiver believes that ${series} fires at the end`);
  const open = alerts.filter(({ state }) => state === 'firing' || state === 'pending');
  for (const { ruleId, target, state } of open)
    violations.push(`${ruleId} of ${target.name} is ${state} at the end`);
  return violations;
}

const seriesOf = ({ ruleId, target }: Alert): string => `${ruleId} of ${target.name}`;

/** What the receiver believes of each series, by what it was told before that time. */
function beliefs(
  deliveries: Simulation['deliveries'],
  beforeMs: number,
): ReadonlyMap<string, Alert['state']> {
  return new Map(
    deliveries
      .filter(({ atMs }) => atMs < beforeMs)
      .flatMap(({ alerts }) => alerts)
      .filter(({ ruleId }) => RULES.has(ruleId))
      .map((alert) => [seriesOf(alert), alert.state] as const),
  );
}

/** When the alert was announced as firing, and as over. */
function spanOf({ announced }: Simulation, { id }: Alert): { fromMs: number; toMs: number } {
  const of = announced.filter(({ alert }) => alert.id === id);
  const at = (state: Alert['state']): number | undefined =>
    of.find(({ alert }) => alert.state === state)?.atMs;
  // One that fired in a life that was killed before it was announced ended in the next.
  const toMs = at('resolved') ?? Number.POSITIVE_INFINITY;
  return { fromMs: at('firing') ?? toMs, toMs };
}

/** It began and ended while no message got through, or before anybody looked. */
function couldNotBeTold(simulation: Simulation, alert: Alert): boolean {
  const { fromMs, toMs } = spanOf(simulation, alert);
  if (toMs - fromMs <= LOOKED_MS) return true;
  return simulation.unreachable.some((one) => one.fromMs - SECOND_MS <= fromMs && toMs <= one.toMs);
}

/** The receiver had not heard that the one before of the same series ended: to it there is one. */
function firesOn(simulation: Simulation, alert: Alert): boolean {
  const { fromMs } = spanOf(simulation, alert);
  return beliefs(simulation.deliveries, fromMs).get(seriesOf(alert)) === 'firing';
}

/** Whether the hub may have ended before it could write down that this arrived. */
function isUnwritten(
  { hubDisk }: Simulation,
  { life, atMs }: Simulation['deliveries'][number],
): boolean {
  const endedMs = life.endedMs ?? Number.POSITIVE_INFINITY;
  return (
    endedMs - atMs <= WRITTEN_MS ||
    hubDisk.full.some(({ fromMs, toMs }) => fromMs <= atMs + WRITTEN_MS && endedMs <= toMs)
  );
}

/** A full disk took nothing of the alert that was told last until the hub was killed: nobody knows of it. */
function wasForgotten(simulation: Simulation, series: string): boolean {
  const last = simulation.deliveries.findLast(({ alerts }) =>
    alerts.some((alert) => seriesOf(alert) === series),
  );
  return last !== undefined && isUnwritten(simulation, last);
}

/** The same message again only where the hub ended before it could write down that the first arrived. */
function toldTwice(simulation: Simulation): string[] {
  const { deliveries } = simulation;
  const violations: string[] = [];
  const last = new Map<string, (typeof deliveries)[number]>();
  for (const delivery of deliveries) {
    const before = last.get(delivery.key);
    last.set(delivery.key, delivery);
    if (before === undefined) continue;
    if (before.life === delivery.life || !isUnwritten(simulation, before))
      violations.push(
        `the message ${delivery.key} was sent at ${before.atMs} and ${delivery.atMs}`,
      );
  }
  return violations;
}

/** A host of which nothing was disturbed is never silent. */
function silences({ machines, announced }: Simulation): string[] {
  return announced.flatMap(({ atMs, alert }) => {
    if (alert.ruleId !== 'host-silent' || alert.state !== 'firing') return [];
    const machine = machines.find(({ agentId }) => agentId === alert.target.id);
    const isDisturbed = machine?.disturbed.some(
      ({ fromMs, toMs }) => fromMs <= atMs && atMs <= toMs,
    );
    return isDisturbed ? [] : [`${alert.target.name} is called silent at ${atMs}, undisturbed`];
  });
}
