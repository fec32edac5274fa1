import { setFlagsFromString } from 'node:v8';

/**
 * For a process that runs nothing but the agent: keeps V8's optimising compilers out of it. A few milliseconds of
 * work per second gain nothing from them, and they cost 10 MB. Call it before anything else is loaded: loading alone wakes them.
 */
export function runLean(): void {
  for (const flag of [
    '--no-opt',
    '--no-maglev',
    '--max-semi-space-size=1',
    '--semi-space-growth-factor=1',
  ])
    setFlagsFromString(flag);
}
