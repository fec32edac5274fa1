import { setFlagsFromString } from 'node:v8';

/**
 * For a process that runs nothing but the agent: turns off V8's optimising compilers. A few milliseconds of work per
 * second gain nothing from them, and they cost 10 MB. Call it before other modules are loaded, because loading alone
 * starts them.
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
