import {
  sameTarget,
  targetLabels,
  type Labels,
  type Target,
  type TargetLookup,
} from '@openmanager/protocol';
import { Flaps, type FlappingOptions } from './flapping.ts';
import type { Instance, Plan, Slot } from './model.ts';

const DEFAULT_INTERVAL_MS = 5_000;

/** What the engine keeps of one target. */
export interface TargetState {
  target: Target;
  /** What rules see of it; made anew when it or one of its ancestors changes. */
  labels: Labels;
  intervalMs: number;
  /** A shorter interval holds from the next sample on: the target may not know of it yet. */
  nextIntervalMs: number;
  /** When it was last heard, by our clock; undefined for a target that only restored alerts tell of. */
  heardMs: number | undefined;
  /** Our clock minus the time of the newest sample. */
  lagMs: number | undefined;
  sampleMs: number | undefined;
  /** Pending and firing ones; at most one per rule and series. */
  readonly instances: Map<string, Instance>;
  /** By instance key. */
  readonly slots: Map<string, Slot>;
  plans: WeakMap<readonly string[], Plan>;
  /** When a metric that a rule misses was last there, by rule. */
  readonly metricMs: Map<string, number>;
  readonly flaps: Flaps | undefined;
}

/** The targets an engine knows, and what each one's labels owe to the targets above it. */
export class TargetStates {
  readonly #states = new Map<string, TargetState>();
  /** Ids of a target's children, whether or not the target itself is known yet. */
  readonly #children = new Map<string, Set<string>>();
  readonly #flapping: FlappingOptions | undefined;
  readonly lookup: TargetLookup;

  constructor(elsewhere: TargetLookup | undefined, flapping: FlappingOptions | undefined) {
    this.lookup = (id) => this.#states.get(id)?.target ?? elsewhere?.(id);
    this.#flapping = flapping;
  }

  get(id: string): TargetState | undefined {
    return this.#states.get(id);
  }

  values(): IterableIterator<TargetState> {
    return this.#states.values();
  }

  has(id: string): boolean {
    return this.#states.has(id);
  }

  /** The target's state, made when there is none. What is new about the target is taken over. */
  take(target: Target): TargetState {
    const known = this.#states.get(target.id);
    if (known?.target === target) return known;
    const state = known ?? this.#made(target);
    const before = known?.target;
    state.target = target;
    if (before && sameTarget(before, target)) return state;
    for (const instance of state.instances.values()) instance.isStale = true;
    if (before?.parent !== target.parent) this.#unlink(before);
    if (target.parent !== undefined) this.#link(target.parent, target.id);
    this.#relabel(target.id, new Set());
    return state;
  }

  remove(id: string): TargetState | undefined {
    const state = this.#states.get(id);
    this.#states.delete(id);
    this.#unlink(state?.target);
    // Those below it have it no longer among their labels.
    this.#relabel(id, new Set());
    return state;
  }

  #made(target: Target): TargetState {
    const state: TargetState = {
      target,
      labels: {},
      intervalMs: DEFAULT_INTERVAL_MS,
      nextIntervalMs: DEFAULT_INTERVAL_MS,
      heardMs: undefined,
      lagMs: undefined,
      sampleMs: undefined,
      instances: new Map(),
      slots: new Map(),
      plans: new WeakMap(),
      metricMs: new Map(),
      flaps: this.#flapping && new Flaps(this.#flapping),
    };
    this.#states.set(target.id, state);
    return state;
  }

  #link(parent: string, child: string): void {
    const children = this.#children.get(parent);
    if (children) children.add(child);
    else this.#children.set(parent, new Set([child]));
  }

  #unlink(target: Target | undefined): void {
    if (target?.parent === undefined) return;
    const children = this.#children.get(target.parent);
    if (children?.delete(target.id) && children.size === 0) this.#children.delete(target.parent);
  }

  /** Of the target and all below it: which rules are about them is worked out anew. Parents may form a circle. */
  #relabel(id: string, met: Set<string>): void {
    if (met.has(id)) return;
    met.add(id);
    const state = this.#states.get(id);
    if (state) {
      state.labels = targetLabels(state.target, this.lookup);
      state.plans = new WeakMap();
    }
    for (const child of this.#children.get(id) ?? []) this.#relabel(child, met);
  }
}
