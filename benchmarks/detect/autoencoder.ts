/**
 * The common way with TensorFlow.js: a small dense autoencoder over a sliding window, whose reconstruction error is
 * the anomaly score. 16-8-4-8-16, trained once on history, then asked per point. No feature it does not need.
 */
import * as tf from '@tensorflow/tfjs';

export const WINDOW = 16;

export interface Autoencoder {
  /** Trains on windows laid end to end. */
  train(windows: Float32Array, epochs: number): Promise<void>;
  /** Reconstruction errors of windows laid end to end, one per window. */
  errors(windows: Float32Array): Float32Array;
  readonly backend: string;
}

export async function createAutoencoder(): Promise<Autoencoder> {
  await tf.setBackend('cpu');
  const model = tf.sequential();
  for (const [index, units] of [8, 4, 8].entries())
    model.add(
      tf.layers.dense({
        units,
        activation: 'relu',
        ...(index === 0 ? { inputShape: [WINDOW] } : {}),
      }),
    );
  model.add(tf.layers.dense({ units: WINDOW }));
  model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
  return {
    backend: tf.getBackend(),
    async train(windows, epochs) {
      const input = tf.tensor2d(windows, [windows.length / WINDOW, WINDOW]);
      await model.fit(input, input, { epochs, batchSize: 64, verbose: 0 });
      input.dispose();
    },
    errors(windows) {
      return tf.tidy(() => {
        const input = tf.tensor2d(windows, [windows.length / WINDOW, WINDOW]);
        const output = model.predict(input) as tf.Tensor;
        return tf.mean(tf.squaredDifference(input, output), 1).dataSync() as Float32Array;
      });
    },
  };
}
