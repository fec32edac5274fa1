import type { Readable } from '@openmanager/client';
import { useRef, useSyncExternalStore } from 'react';

export type Selector<T, S> = (value: T) => S;
export type Equality<S> = (before: S, after: S) => boolean;

interface Memo<T, S> {
  readonly value: T;
  readonly selector: Selector<T, S>;
  readonly selected: S;
}

/** Same object, or arrays or plain objects whose members are the same. */
export function shallowEqual(before: unknown, after: unknown): boolean {
  if (Object.is(before, after)) return true;
  if (typeof before !== 'object' || typeof after !== 'object' || before === null || after === null)
    return false;
  if (!isPlain(before) || !isPlain(after) || Array.isArray(before) !== Array.isArray(after))
    return false;
  const names = Object.keys(before);
  if (names.length !== Object.keys(after).length) return false;
  const left = before as Record<string, unknown>;
  const right = after as Record<string, unknown>;
  return names.every((name) => Object.hasOwn(right, name) && Object.is(left[name], right[name]));
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === Array.prototype || prototype === null;
}

/** Renders only when the selection changes. `initial` is what a server, and hydration, sees. */
export function useSelected<T, S>(
  readable: Readable<T>,
  initial: T,
  selector: Selector<T, S>,
  isEqual: Equality<S> = shallowEqual,
): S {
  const memo = useRef<Memo<T, S> | null>(null);
  const select = (value: T): S => {
    const last = memo.current;
    if (last && last.selector === selector && Object.is(last.value, value)) return last.selected;
    const fresh = selector(value);
    // The former selection is handed out again when equal: a new object would be a new render.
    const selected = last && isEqual(last.selected, fresh) ? last.selected : fresh;
    memo.current = { value, selector, selected };
    return selected;
  };
  return useSyncExternalStore(
    readable.subscribe,
    () => select(readable.getSnapshot()),
    () => select(initial),
  );
}

export function identity<T>(value: T): T {
  return value;
}
