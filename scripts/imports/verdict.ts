/** Says of one import whether the table allows it, and what is wrong if not. */
import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import { only, table, type Row } from './table.ts';

const words = (text: string | undefined): string[] =>
  (text ?? '').split(' ').filter((word) => word !== '');

interface Part extends Row {
  readonly folder: string;
  /** Last name of the folder. */
  readonly name: string;
  /** Each folder in it is a part of its own. */
  readonly each: boolean;
}

/** Each row for itself. */
const rows: readonly Part[] = table.flatMap((row) => {
  const { part } = row;
  const [, before = part, names, after = ''] = /^(.*)\{(.*)\}(.*)$/.exec(part) ?? [];
  return (names?.split(',') ?? ['']).map((name) => {
    const path = before + name + after;
    const folder = path.replace(/\/\*$/, '');
    return { ...row, folder, name: posix.basename(folder), each: folder !== path };
  });
});
const ofPackage = (folder: string): string => folder.split('/').slice(0, 2).join('/');

/** A workspace package by the name that is imported: the command's is not of the scope. */
const NAME = /^(?:@openmanager\/([^/]+)(\/.*)?|openmanager(\/.*)?)$/;
const TESTS = /\.test\.tsx?$|\/test\/|\.config\.ts$/;
const PLACE = 'ARCHITECTURE.md, "Packages"';

/** The longest row that a file is in, with what it has from its package's; `at` is what counts as one part. */
function partOf(path: string): (Part & { readonly at: string }) | undefined {
  const own = rows
    .filter(({ folder }) => path.startsWith(`${folder}/`))
    .toSorted((a, b) => a.folder.length - b.folder.length);
  const [outer, row] = [own[0], own.at(-1)];
  if (outer === undefined || row === undefined) return undefined;
  const [first, ...rest] = path.slice(row.folder.length + 1).split('/');
  const at = row.each && rest.length > 0 ? `${row.folder}/${first}` : row.folder;
  return {
    ...row,
    packages: row.packages ?? outer.packages,
    types: row.types ?? outer.types,
    node: row.node ?? outer.node,
    at,
  };
}

function list(text: string | undefined): string {
  return words(text).join(', ') || 'nothing else';
}

/**
 * What is wrong with an import of `source` in the file at `path` (from the root, with slashes); undefined when nothing
 * is. `isType` where only types are imported.
 */
export function verdict(path: string, source: string, isType: boolean): string | undefined {
  if (!/^(packages|apps|examples)\//.test(path) || !/\/src\//.test(path) || TESTS.test(path))
    return undefined;
  const part = partOf(path);
  const home = ofPackage(path);
  if (part === undefined) return `${home} has no row in scripts/imports/table.ts: see ${PLACE}.`;
  const hasRooms = rows.some(({ folder }) => folder.startsWith(`${home}/`));

  if (source.startsWith('.')) {
    const target = posix.normalize(posix.join(posix.dirname(path), source));
    if (target.startsWith('scripts/') || ofPackage(target) !== home)
      return `${target} is outside of ${home}: import a package by its name. See ${PLACE}.`;
    if (!hasRooms) return undefined;
    const to = partOf(target);
    // Files beside the rooms are the package's entries: they may import every room, and no room imports them.
    if (
      part.folder === home ||
      to === undefined ||
      to.at === part.at ||
      words(part.rooms).includes(to.name)
    )
      return undefined;
    const room = to.folder === home ? target.slice(home.length + 1) : to.at.slice(home.length + 5);
    const from = part.at.slice(home.length + 5);
    return `In ${home}, ${from} may not import ${room}, but ${list(part.rooms)}: see ${PLACE}.`;
  }

  const [, scoped, below = ''] = NAME.exec(source) ?? [];
  if (NAME.test(source)) {
    const name = scoped ?? 'cli';
    if (name === posix.basename(home))
      return `A package imports its own files by relative paths, not ${source}.`;
    const allowed = [...words(part.packages), ...(isType ? words(part.types) : [])];
    if (allowed.includes(name) || allowed.includes(name + below)) return undefined;
    const types = part.types === undefined ? '' : ` (types only: ${list(part.types)})`;
    return `${part.at} may not import ${source}, but ${list(part.packages)}${types}: see ${PLACE}.`;
  }
  if (isBuiltin(source) && part.node !== true)
    return `${part.at} also runs in browsers and may not import ${source}: see ${PLACE}.`;
  const alone = Object.entries(only).find(
    ([name]) => source === name || source.startsWith(`${name}/`),
  );
  if (alone !== undefined && part.at !== alone[1])
    return `Only ${alone[1]} imports ${alone[0]}: see ${PLACE}.`;
  return undefined;
}
