/**
 * After `npm ci`: takes away of the dependencies what never runs, a quarter of their bytes: C headers and manual of the
 * Node that comes as a dependency, source maps, TypeScript sources, documents (licences stay), tests. The only install
 * script there is: `npm run check` fails when a dependency brings another.
 */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const modules = fileURLToPath(new URL('../node_modules/', import.meta.url));
const DOCUMENT = /\.(md|markdown)$/i;
/**
 * Source maps, bundles for a script element, types for `require`, and TypeScript that is no declaration: Node does not
 * run it below node_modules.
 */
const UNUSED = /\.map$|\.d\.cts$|\.umd(\.min)?\.js$|(?<!\.d)\.[cm]?ts$/;
const KEPT = /^(licen[cs]e|notice|copying)/i;
/** Only at the top of a package: deeper down they may be part of it. */
const SIDE_FOLDER = /^(\..*|tests?|__tests__|docs?|examples?|bench(marks?)?)$/;

const remove = (path) => rmSync(path, { recursive: true, force: true });

function prune(folder, isPackage) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (isPackage && SIDE_FOLDER.test(entry.name)) remove(path);
      else if (entry.name === 'node_modules') prunePackages(path);
      else prune(path, false);
    } else if (entry.isFile()) {
      const isDocument = DOCUMENT.test(entry.name) && !KEPT.test(entry.name);
      if (UNUSED.test(entry.name) || isDocument) remove(path);
    }
  }
}

/** Links are the workspaces, which are not touched. */
function prunePackages(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    if (entry.name.startsWith('@')) prunePackages(path);
    else {
      prune(path, true);
      if (/^node-(bin-)?(linux|darwin|win)-/.test(entry.name))
        for (const part of ['include', 'share']) remove(join(path, part));
    }
  }
}

prunePackages(modules);
