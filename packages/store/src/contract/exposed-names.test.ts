import fc from 'fast-check';
import { expect, test } from 'vitest';
import { exposedName, metricPattern } from './exposed-names.ts';

test('the pattern of an exposed name is valid, and fits every metric that is exposed under it', () => {
  const metric = fc.oneof(
    fc.constantFrom('job:requests:rate5m', 'system.cpu.utilization', 'a-b', '한국', '\ud800'),
    fc.string({ minLength: 1, unit: 'binary' }),
  );
  fc.assert(
    fc.property(metric, (name) => {
      const pattern = new RegExp(`^(?:${metricPattern(exposedName(name))})$`, 'us');
      if (!/^\d/.test(name)) expect(pattern.test(name)).toBe(true);
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      expect(() => new RegExp(`^(?:${metricPattern(name)})$`, 'us')).not.toThrow();
    }),
  );
});
