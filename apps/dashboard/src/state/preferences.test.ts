import { expect, test } from 'vitest';
import { parsePreferences, preferencesDefaults } from './preferences.ts';

test('strange stored preferences fall back one by one', () => {
  expect(parsePreferences(null)).toMatchObject(preferencesDefaults);
  expect(parsePreferences('not json')).toEqual(preferencesDefaults);
  expect(parsePreferences('[]')).toMatchObject({ theme: 'system' });
  expect(
    parsePreferences('{"theme":"purple","locale":"ko","fleetLayout":"rows","chartWindowMs":-1}'),
  ).toMatchObject({
    theme: 'system',
    locale: 'ko',
    fleetLayout: 'rows',
    chartWindowMs: preferencesDefaults.chartWindowMs,
  });
});
