import { expect, test } from 'vitest';
import { VirtualEnvironment } from '../../test/virtual-environment.ts';
import { Batch, Signal, SPACING_MS } from './batch.ts';

function start(): { readonly environment: VirtualEnvironment; readonly batch: Batch } {
  const environment = new VirtualEnvironment(() => {
    throw new Error('nothing dials here');
  });
  return { environment, batch: new Batch(environment) };
}

test('a lone change is told in the next microtask, a burst once per frame of the screen', () => {
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

test('a listener that throws silences no other, and its error is not swallowed', () => {
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

test('who stopped listening is told nothing, not even what was marked before', () => {
  const { environment, batch } = start();
  const signal = new Signal(batch);
  let told = 0;
  const stop = signal.listen(() => told++);
  signal.changed();
  stop();
  environment.settle();
  expect(told).toBe(0);
});
