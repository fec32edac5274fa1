import { expect, test } from 'vitest';
import { enrolCommands, isLoopback } from './commands.ts';

test('the commands name the hub and the code', () => {
  expect(enrolCommands('https://hub.example:8787', 'AAAA-BBBB-CCCC-DDDD')).toEqual({
    enrol:
      'npx --no-install openmanager agent enroll --hub https://hub.example:8787 --code AAAA-BBBB-CCCC-DDDD',
    run: 'npx --no-install openmanager agent --hub https://hub.example:8787',
  });
});

test.each([
  ['localhost', true],
  ['127.0.0.1', true],
  ['[::1]', true],
  ['hub.example', false],
  ['10.0.0.7', false],
  ['127.example', false],
])('%s is reached from its own machine only: %s', (hostname, loopback) => {
  expect(isLoopback(hostname)).toBe(loopback);
});
