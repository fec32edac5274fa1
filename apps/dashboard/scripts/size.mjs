/**
 * First load of the built dashboard: what a signed-in browser fetches to show the fleet page in one
 * language, gzipped. Fails above the budget. `node scripts/size.mjs [--json] [dist]`
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';

export const BUDGET_BYTES = 100_000;

const own = fileURLToPath(new URL('../dist/', import.meta.url));

/** Modules whose chunks the fleet page needs, beside the entry. */
const needed = ['index.html', 'src/pages/fleet/FleetPage.tsx'];
const texts = fileURLToPath(new URL('../../../packages/texts/src/', import.meta.url));
const languages = readdirSync(texts)
  .filter((language) => existsSync(join(texts, language, 'dashboard.ts')))
  .map((language) => `../../packages/texts/src/${language}/dashboard.ts`);

/** Files of some modules with everything they import statically. */
function closure(manifest, names) {
  const files = new Set();
  const seen = new Set();
  const visit = (name) => {
    if (seen.has(name)) return;
    seen.add(name);
    const chunk = manifest[name];
    if (!chunk) throw new Error(`${name} is not in the build's manifest: fix scripts/size.mjs`);
    files.add(chunk.file);
    for (const next of chunk.imports ?? []) visit(next);
  };
  names.forEach(visit);
  return [...files].filter((file) => file.endsWith('.js'));
}

export function firstLoad(dist = own) {
  const path = join(dist, '.vite/manifest.json');
  if (!existsSync(path)) throw new Error('The dashboard is not built: run "npm run build".');
  const manifest = JSON.parse(readFileSync(path, 'utf8'));
  const sizes = languages.map((language) => {
    const files = closure(manifest, [...needed, language]).map((file) => ({
      file,
      bytes: gzipSync(readFileSync(join(dist, file)), { level: 9 }).length,
    }));
    return { files, bytes: files.reduce((sum, file) => sum + file.bytes, 0) };
  });
  // The larger language counts.
  return sizes.reduce((largest, size) => (size.bytes > largest.bytes ? size : largest));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { files, bytes } = firstLoad(
    process.argv.slice(2).find((argument) => !argument.startsWith('--')),
  );
  if (process.argv.includes('--json'))
    console.log(JSON.stringify({ bytes, budget: BUDGET_BYTES, files }));
  else {
    for (const file of files)
      console.log(`  ${(file.bytes / 1000).toFixed(1).padStart(6)} kB  ${file.file}`);
    console.log(
      `  ${(bytes / 1000).toFixed(1).padStart(6)} kB  first load, of ${BUDGET_BYTES / 1000} kB`,
    );
  }
  if (bytes > BUDGET_BYTES) process.exitCode = 1;
}
