/** A rule that finds nothing looks like code that obeys it: what must be refused is put before the linter. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root } from '../build.mjs';

const PLACE = 'see ARCHITECTURE.md, "Packages"';

/** Files, and what must be said of each. */
const forbidden = {
  'packages/hub/src/api/domain.ts': [
    "export { a } from '../alerts/a.ts';\n",
    `In packages/hub, api may not import alerts, but ports: ${PLACE}`,
  ],
  'packages/hub/src/alerts/package.ts': [
    "import { a } from '@openmanager/agent';\nexport const b = a;\n",
    `packages/hub/src/alerts may not import @openmanager/agent, but protocol, store, alerting, analytics: ${PLACE}`,
  ],
  'packages/promql/src/entry.ts': [
    "import type { A } from '@openmanager/store';\nexport const b: A = 1;\n",
    `packages/promql may not import @openmanager/store, but protocol, store/contract: ${PLACE}`,
  ],
  'apps/dashboard/src/ui/back.ts': [
    "export const a = () => import('../pages/host/page.ts');\n",
    `In apps/dashboard, ui may not import pages/host, but i18n, format: ${PLACE}`,
  ],
  'packages/hub/src/app/library.ts': [
    "export { map } from 'rxjs';\n",
    'Only packages/hub/src/stream imports rxjs',
  ],
  'packages/client/src/node.ts': [
    "export * from 'node:fs';\n",
    'packages/client also runs in browsers and may not import node:fs',
  ],
  'packages/protocol/src/circle-a.ts': [
    "import type { B } from './circle-b.ts';\nexport interface A {\n  b: B;\n}\n",
    'Dependency cycle detected',
  ],
  'packages/protocol/src/circle-b.ts': [
    "import type { A } from './circle-a.ts';\nexport interface B {\n  a: A;\n}\n",
    'Dependency cycle detected',
  ],
};

/** Throws when the linter, run by `tool`, lets one of them pass. */
export async function proveLint(tool) {
  const folder = mkdtempSync(join(tmpdir(), 'openmanager-lint-'));
  try {
    cpSync(join(root, 'scripts/imports'), join(folder, 'scripts/imports'), { recursive: true });
    cpSync(join(root, '.oxlintrc.json'), join(folder, '.oxlintrc.json'));
    for (const [path, [text]] of Object.entries(forbidden)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const output = await tool('oxlint', ['-f', 'unix'], { cwd: folder }).catch(String);
    const missed = Object.entries(forbidden).filter(
      ([path, [, message]]) =>
        !output.split('\n').some((line) => line.includes(path) && line.includes(message)),
    );
    if (missed.length > 0)
      throw new Error(
        `The linter let these pass: ${missed.map(([path]) => path).join(', ')}\n${output}`,
      );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
