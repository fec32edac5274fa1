import { expect, test } from 'vitest';
import { VirtualEnvironment } from '../../test/virtual-environment.ts';
import { Batch, Signal, SPACING_MS } from './batch.ts';

function start(): { readonly environment: VirtualEnvironment; readonly batch: Batch } {
  const environment = new VirtualEnvironment(() => {
    throw new Error('nothing dials here');
  });
  return { environment, batch: new Batch(environment) };
}

test('a single change is notified in the next microtask, a burst once per frame of the screen', () => {
  const { environment, batch } = start();
  const signal = new Signal(batch);
  let told = 0;
  signal.listen(() => told++);
  signal.changed();
  signal.changed();
  expect(told).toBe(0);
  environment.settle();
  expect(told).toBe(1);
  for (let index = 0; index < 100; index++) signal.changed();
  environment.settle();
  expect(told).toBe(1);
  environment.pass(SPACING_MS);
  expect(told).toBe(2);
});

test('a listener that throws does not stop the others, and its error is not swallowed', () => {
  const { environment, batch } = start();
  const broken = new Signal(batch);
  const sound = new Signal(batch);
  let told = 0;
  broken.listen(() => {
    throw new Error('broken listener');
  });
  sound.listen(() => told++);
  broken.changed();
  sound.changed();
  expect(() => environment.settle()).toThrow('broken listener');
  expect(told).toBe(1);
});

test('a removed listener is not called, not even for earlier changes', () => {
  const { environment, batch } = start();
  const signal = new Signal(batch);
  let told = 0;
  const stop = signal.listen(() => told++);
  signal.changed();
  stop();
  environment.settle();
  expect(told).toBe(0);
});
