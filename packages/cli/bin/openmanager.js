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
  var module = await import(main.href);
  process.exitCode = await module.main(process.argv.slice(2), process.env);
}
