#!/usr/bin/env node
/* Plain syntax, so that an old Node gets as far as the sentence that says what it lacks. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

var main = new URL('../dist/main.js', import.meta.url);
if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error(
    'openmanager needs Node 24 or newer; this is ' +
      process.version +
      '. In the repository use npm or npx, which bring their own.',
  );
  process.exit(1);
} else if (!existsSync(fileURLToPath(main))) {
  console.error('openmanager is not built yet. Run: npm run build');
  process.exit(1);
} else {
  // A hub of ten thousand connections allocates little and steadily: with a young generation of 16 MB and more, half
  // of its memory would be garbage that nobody has come for. And V8 of Node 24 may abort when several threads compile
  // while code pages are guarded by memory protection keys. V8 takes both only at the start of a process.
  var hubFlags = ['--max-semi-space-size=4', '--no-memory-protection-keys'];
  var serves = ['start', 'hub', 'demo'].indexOf(process.argv[2]) >= 0;
  var flags = process.execArgv.join(' ') + ' ' + (process.env.NODE_OPTIONS || '');
  if (serves && process.execve && flags.indexOf('--max-semi-space-size') < 0)
    process.execve(
      process.execPath,
      [process.execPath].concat(hubFlags, process.execArgv, process.argv.slice(1)),
      process.env,
    );
  var module = await import(main.href);
  process.exitCode = await module.main(process.argv.slice(2), process.env);
}
