/** `npm start`: builds what it must, then runs `openmanager start` in this process, so that Ctrl-C reaches it. */
import { build } from './build.mjs';

try {
  await build();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
const { main } = await import('../packages/cli/dist/main.js');
process.exitCode = await main(['start', ...process.argv.slice(2)], process.env);
