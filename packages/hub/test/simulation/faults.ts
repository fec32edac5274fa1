/** What breaks in a simulation, and for how long: drawn by its seed before it begins. */
import { HOUR_MS, SECOND_MS } from '@openmanager/protocol/durations';
import type { Machine, Simulation } from './simulation.ts';

const FAULTS = { min: 3, max: 12 } as const;

interface Fault {
  /** Of how often it is drawn, the share. */
  readonly weight: number;
  readonly seconds: readonly [min: number, max: number];
  /** Whether it is about the hub, so that every host is disturbed. */
  readonly isOfHub?: true;
  /** Whether nobody can be told meanwhile. */
  readonly holdsMessages?: true;
  begin(simulation: Simulation, machine: Machine): void;
  end?(simulation: Simulation, machine: Machine): void;
}

/** How long after a fault its traces may be seen. */
const AFTERMATH_MS = 45 * SECOND_MS;

const faults: Readonly<Record<string, Fault>> = {
  'agent killed': {
    weight: 3,
    seconds: [1, 40],
    begin: (simulation, machine) => simulation.killAgent(machine, false),
    end: startAgain,
  },
  'power cut': {
    weight: 2,
    seconds: [5, 60],
    begin: (simulation, machine) => simulation.killAgent(machine, true),
    end: startAgain,
  },
  'agent stopped': {
    weight: 1,
    seconds: [3, 40],
    begin: (simulation, machine) => simulation.stopAgent(machine),
    end: startAgain,
  },
  'hub killed': {
    weight: 3,
    seconds: [1, 60],
    isOfHub: true,
    holdsMessages: true,
    begin: (simulation) => simulation.killHub(),
    end: (simulation) => {
      if (simulation.hubLife?.isOver === true) simulation.startHub();
    },
  },
  'network parted': {
    weight: 4,
    seconds: [1, 200],
    begin: (_, { link }) => (link.isParted = true),
    end: (_, { link }) => link.heal(),
  },
  'no route': {
    weight: 2,
    seconds: [1, 90],
    begin: (simulation, { link }) => {
      const codes = ['ENETUNREACH', 'EPERM', 'EMFILE', 'EADDRNOTAVAIL'];
      link.refusal = codes[simulation.between(0, codes.length - 1)];
      for (const socket of link.sockets) if (socket.isOfAgent) socket.cut(true);
    },
    end: (_, { link }) => (link.refusal = undefined),
  },
  'connection reset': {
    weight: 3,
    seconds: [1, 2],
    begin: (_, { link }) => {
      for (const socket of link.sockets) if (socket.isOfAgent) socket.cut(true);
    },
  },
  'half-open connection': {
    weight: 3,
    seconds: [1, 2],
    begin: (simulation, { link }) => {
      const byAgent = simulation.random() < 0.5;
      for (const socket of link.sockets) if (socket.isOfAgent === byAgent) socket.cut(false);
    },
  },
  'slow network': {
    weight: 2,
    seconds: [10, 90],
    begin: (simulation, { link }) => (link.delayMs = simulation.between(200, 1_500)),
    end: (_, { link }) => (link.delayMs = 2),
  },
  'agent’s disk full or broken': {
    weight: 2,
    seconds: [5, 120],
    begin: (simulation, { name, diskless }) => {
      const codes = ['ENOSPC', 'EROFS', 'EIO'];
      const disk = simulation.disks.of(simulation.disks.folder(name));
      disk.failure = codes[simulation.between(0, codes.length - 1)];
      diskless.push({ fromMs: simulation.time.nowMs, toMs: Number.POSITIVE_INFINITY });
    },
    end: (simulation, { name, diskless }) => {
      simulation.disks.of(simulation.disks.folder(name)).failure = undefined;
      for (const time of diskless) time.toMs = Math.min(time.toMs, simulation.time.nowMs);
    },
  },
  'agent’s clock set': {
    weight: 2,
    seconds: [1, 2],
    begin: (simulation, { clock }) => {
      const limit = simulation.random() < 0.5 ? 20 * SECOND_MS : 2 * HOUR_MS;
      clock.skewMs += simulation.between(-limit, limit);
    },
  },
  'agent frozen': {
    weight: 1,
    seconds: [2, 60],
    begin: (simulation, { current }) => {
      if (current) current.life.frozenUntilMs = simulation.time.nowMs + 30 * SECOND_MS;
    },
  },
  'hub’s clock set': {
    weight: 2,
    seconds: [10, 90],
    isOfHub: true,
    begin: ({ hubClock }) => (hubClock.skewMs = HOUR_MS),
    end: ({ hubClock }) => (hubClock.skewMs = 0),
  },
  'hub frozen': {
    weight: 2,
    seconds: [2, 40],
    isOfHub: true,
    holdsMessages: true,
    begin: (simulation) => {
      const { hubLife } = simulation;
      if (hubLife) hubLife.frozenUntilMs = simulation.time.nowMs + simulation.between(2, 40) * 1000;
    },
  },
  'hub’s disk full': {
    weight: 2,
    seconds: [5, 60],
    isOfHub: true,
    begin: ({ hubDisk, time }) => hubDisk.fill(time.nowMs),
    end: ({ hubDisk, time }) => hubDisk.free(time.nowMs),
  },
  'hub’s disk slow': {
    weight: 2,
    seconds: [5, 60],
    isOfHub: true,
    holdsMessages: true,
    begin: (simulation) => (simulation.hubDisk.commitMs = simulation.between(50, 800)),
    end: ({ hubDisk }) => (hubDisk.commitMs = 4),
  },
  'receiver down': {
    weight: 2,
    seconds: [5, 100],
    holdsMessages: true,
    begin: (simulation) => (simulation.isReceiverDown = true),
    end: (simulation) => (simulation.isReceiverDown = false),
  },
};

function startAgain(simulation: Simulation, machine: Machine): void {
  if (machine.current === undefined) simulation.startAgent(machine);
}

/** Draws faults for the time from now on, and has each happen at its time. */
export function drawFaults(simulation: Simulation, lengthMs: number): void {
  const fromMs = simulation.time.nowMs;
  const names = Object.keys(faults).flatMap((name) =>
    Array.from({ length: (faults[name] as Fault).weight }, () => name),
  );
  const count = simulation.between(FAULTS.min, FAULTS.max);
  for (let at = 0; at < count; at++) {
    const name = names[simulation.between(0, names.length - 1)] as string;
    const fault = faults[name] as Fault;
    const machine = simulation.machines[
      simulation.between(0, simulation.machines.length - 1)
    ] as Machine;
    const beginMs = simulation.between(0, lengthMs - 1);
    const [min, max] = fault.seconds;
    const endMs = Math.min(lengthMs - 1, beginMs + simulation.between(min, max) * SECOND_MS);
    const disturbed = fault.isOfHub ? simulation.machines : [machine];
    // Attempts come back at growing intervals; a hub needs a moment after its start.
    const span = { fromMs: fromMs + beginMs, toMs: fromMs + 2 * endMs - beginMs + 10 * SECOND_MS };
    if (fault.holdsMessages) simulation.unreachable.push(span);
    for (const one of disturbed)
      one.disturbed.push({ fromMs: fromMs + beginMs, toMs: fromMs + endMs + AFTERMATH_MS });
    simulation.time.after(beginMs, () => {
      simulation.note(`${name}${fault.isOfHub ? '' : `: ${machine.name}`}`);
      fault.begin(simulation, machine);
    });
    simulation.time.after(endMs, () => {
      if (fault.end === undefined) return;
      simulation.note(`over: ${name}${fault.isOfHub ? '' : `: ${machine.name}`}`);
      fault.end(simulation, machine);
    });
  }
}
